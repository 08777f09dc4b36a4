import BatchCore
import BatchStore
import ControlAPI
import Orchestration

extension AuditReport {
    /// Audits one workload.
    init(of workload: WorkloadRecord, by auditor: Auditor, configured: [String]?) throws {
        let checks = try Self.checks(of: workload, by: auditor, configured: configured)
        self.init(
            ok: checks.allSatisfy(\.ok), workload: "\(workload.id)",
            rows: ControlAPI.RowCounts(workload.rows),
            checks: checks)
    }

    /// Audits every workload, and what the archive holds besides.
    ///
    /// `configured` are the queues of the configuration, if there is one. `ofCopy` has SQLite look through
    /// its file as well, which would be in the way of a daemon at work.
    init(ofAll store: Store, by auditor: Auditor, configured: [String]?, ofCopy: Bool = false) throws {
        let workloads = try store.workloads(limit: .max).reversed()
        var checks: [AuditCheck] = []
        if ofCopy { checks.append(AuditCheck(try auditor.auditDatabase())) }
        for workload in workloads {
            checks += try Self.checks(of: workload, by: auditor, configured: configured).map { check in
                var check = check
                check.name = "\(workload.id) \(check.name)"
                return check
            }
        }
        checks.append(AuditCheck(try auditor.auditArchive()))
        let rows = workloads.reduce(BatchCore.RowCounts()) { $0 + $1.rows }
        self.init(
            ok: checks.allSatisfy(\.ok), workload: nil, rows: ControlAPI.RowCounts(rows), checks: checks)
    }

    private static func checks(
        of workload: WorkloadRecord, by auditor: Auditor, configured: [String]?
    ) throws -> [AuditCheck] {
        var checks = try auditor.audit(workload).map { AuditCheck($0) }
        if let configured, !configured.contains(workload.queue) {
            let detail =
                "note: queue \(workload.queue) is not in the configuration any more"
                + (workload.state.isOver ? "" : ", so this workload cannot go on; put it back")
            checks.append(AuditCheck(name: "configuration", ok: true, detail: detail, differences: []))
        }
        return checks
    }
}

extension AuditCheck {
    fileprivate init(_ check: Auditor.Check) {
        self.init(
            name: check.name, ok: check.holds, detail: check.detail,
            differences: check.differences.map { AuditDifference($0) })
    }
}

extension AuditDifference {
    init(_ difference: Difference) {
        self.init(
            place: difference.place, expected: difference.expected, found: difference.found,
            remedy: difference.remedy)
    }
}
