import BatchCore
import BatchStore
import ControlAPI
import Hummingbird

/// `/v1/workloads`: what was submitted.
struct WorkloadRoutes {
    let facts: Facts

    func add(to router: ControlRouter) {
        router.get(Routes.workloads, .queue, .state) { [facts] call in
            let state = try call.word(
                .state, of: BatchCore.WorkloadState.allCases.map(\.rawValue),
                read: BatchCore.WorkloadState.init)
            let records = try facts.store.workloads(queue: try facts.queueFilter(call), state: state)
            return try .json(List(data: try records.map { try facts.document($0) }))
        }
        router.get(Routes.workload(":id")) { [facts] call in
            try .json(facts.document(try facts.workload(call.id)))
        }
    }
}
