import BatchCore
import BatchStore
package import ControlAPI
import Env
import Orchestration
import Spool

/// An audit of a state directory and an archive that no daemon works on: a copy, or after a stop.
///
/// Nothing in either is changed.
package struct OfflineAudit: Sendable {
    private let state: String
    private let archive: String
    private let configured: [String]?

    /// An audit of these two folders.
    package init(state: String, archive: String) {
        self.state = state
        self.archive = archive
        configured = nil
    }

    /// An audit of the two folders that a configuration names.
    package init(_ configuration: Configuration) {
        state = configuration.storage.stateDirectory
        archive = configuration.storage.archiveDirectory
        configured = configuration.queues.map(\.name)
    }

    /// Audits one workload, by its written id, or all of them.
    ///
    /// - Throws: `StateLockError.taken` when a daemon owns the state directory; `OfflineAuditError`; what
    ///   the disk or the database refuse.
    package func run(workload: String?) throws -> AuditReport {
        for folder in [state, archive] where !FileSystem.exists(folder) {
            throw OfflineAuditError.missing(folder)
        }
        let path = state + "/batchd.db"
        guard FileSystem.exists(path) else { throw OfflineAuditError.missing(path) }
        let lock = try StateLock(sharing: state)
        let store = try Store(copyAt: path)
        let auditor = Auditor(store: store, archive: Archive(reading: archive))
        defer { withExtendedLifetime(lock) {} }
        guard let workload else {
            return try AuditReport(ofAll: store, by: auditor, configured: configured, ofCopy: true)
        }
        guard let id = WorkloadID(workload), let record = try store.workload(id) else {
            throw OfflineAuditError.noWorkload(workload)
        }
        return try AuditReport(of: record, by: auditor, configured: configured)
    }
}

/// Why there is nothing to audit.
package enum OfflineAuditError: Error, Hashable, CustomStringConvertible {
    /// A folder or the database is not there.
    case missing(String)
    /// There is no such workload in the records.
    case noWorkload(String)

    /// A sentence for people.
    package var description: String {
        switch self {
        case .missing(let path):
            "there is no \(path): copy the state directory with batchd.db and batchd.db-wal, and the archive"
        case .noWorkload(let id): "there is no workload \(id) in these records"
        }
    }
}
