import BatchCore
import BatchStore
import ControlAPI
import Hummingbird
import Orchestration

/// `/v1/audit` and `/v1/workloads/{id}/audit`: every count derived anew, and compared.
struct AuditRoutes {
    let facts: Facts
    let auditor: Auditor

    func add(to router: ControlRouter) {
        router.get(Routes.audit) { [self] _ in
            let workloads = try facts.store.workloads(limit: .max).reversed()
            let checks = try workloads.flatMap { workload in
                try audit(workload).map { check in
                    AuditCheck(name: "\(workload.id) \(check.name)", ok: check.ok, detail: check.detail)
                }
            }
            let rows = workloads.reduce(BatchCore.RowCounts()) { $0 + $1.rows }
            return try report(on: nil, rows, checks)
        }
        router.get(Routes.audit(":id")) { [self] call in
            let workload = try facts.workload(call.id)
            return try report(on: workload.id, workload.rows, try audit(workload))
        }
    }

    private func report(
        on workload: WorkloadID?, _ rows: BatchCore.RowCounts, _ checks: [AuditCheck]
    ) throws -> Response {
        try .json(
            AuditReport(
                ok: checks.allSatisfy(\.ok), workload: workload?.description,
                rows: ControlAPI.RowCounts(rows), checks: checks))
    }

    private func audit(_ workload: WorkloadRecord) throws -> [AuditCheck] {
        // The archive is sorted by account, and only the configuration knows the account of a queue.
        guard let queue = facts.configuration.queues.first(where: { $0.name == workload.queue }) else {
            let detail = "queue \(workload.queue) is not configured, so its archive cannot be found"
            return [AuditCheck(name: "configuration", ok: false, detail: detail)]
        }
        return try auditor.audit(workload, account: queue.account.name).map {
            AuditCheck(name: $0.name, ok: $0.holds, detail: $0.detail)
        }
    }
}
