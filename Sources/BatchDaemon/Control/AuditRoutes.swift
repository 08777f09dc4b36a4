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
            try .json(AuditReport(ofAll: facts.store, by: auditor, configured: facts.queueNames))
        }
        router.get(Routes.audit(":id")) { [self] call in
            let workload = try facts.workload(call.id)
            return try .json(AuditReport(of: workload, by: auditor, configured: facts.queueNames))
        }
    }
}
