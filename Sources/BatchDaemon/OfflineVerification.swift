import BatchCore
package import ControlAPI
import Env
import Orchestration
import Spool

/// A look through an archive that nobody writes to, a copy say. Nothing in it is changed.
package struct OfflineVerification: Sendable {
    private let archive: String

    /// A verification of this folder.
    package init(archive: String) {
        self.archive = archive
    }

    /// Verifies one workload, by its written id, or all of them.
    ///
    /// - Throws: `OfflineVerificationError`; `FileFault`.
    package func run(workload: String?) throws -> ArchiveReport {
        guard FileSystem.exists(archive) else { throw OfflineVerificationError.missing(archive) }
        let archive = Archive(reading: archive)
        var id: WorkloadID?
        if let workload {
            guard let known = WorkloadID(workload), try !archive.folders(of: known).isEmpty else {
                throw OfflineVerificationError.noWorkload(workload)
            }
            id = known
        }
        return ArchiveReport(try ArchiveVerifier(archive: archive, store: nil).verify(id), of: id)
    }
}

/// Why there is nothing to verify.
package enum OfflineVerificationError: Error, Hashable, CustomStringConvertible {
    /// The folder is not there.
    case missing(String)
    /// The archive has nothing of such a workload.
    case noWorkload(String)

    /// A sentence for people.
    package var description: String {
        switch self {
        case .missing(let path): "there is no archive at \(path)"
        case .noWorkload(let id): "there is no workload \(id) in this archive"
        }
    }
}
