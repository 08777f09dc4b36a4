import BatchCore
import BatchStore
import ControlAPI
import Hummingbird

/// `/v1/queues`: the configured lanes and what is in them.
struct QueueRoutes {
    let facts: Facts

    func add(to router: ControlRouter) {
        router.get(Routes.queues, .state) { [facts] call in
            let states = ["idle", "running", "paused"]
            let state = try call.word(.state, of: states) { states.contains($0) ? $0 : nil }
            let open = try facts.store.workloads(openOnly: true, limit: 100_000)
            let live = try facts.store.batches(liveOnly: true, limit: 100_000)
            let queues = facts.configuration.queues.map { facts.document($0, open: open, live: live) }
            return try .json(List(data: queues.filter { state == nil || $0.state == state }))
        }
    }
}

extension Facts {
    fileprivate func document(
        _ policy: QueuePolicy, open: [WorkloadRecord], live: [BatchRecord]
    ) -> Queue {
        let workloads = open.filter { $0.queue == policy.name }
        let jobs = live.count { $0.batch.queue == policy.name && $0.batch.phase.hasRunningJob }
        return Queue(
            name: policy.name, account: policy.account.name, endpoint: policy.endpoint.description,
            state: workloads.isEmpty ? "idle" : "running", reason: nil, priority: policy.priority,
            workloads: workloads.count,
            rows: ControlAPI.RowCounts(workloads.reduce(BatchCore.RowCounts()) { $0 + $1.rows }),
            jobs: JobCounts(active: jobs, limit: policy.maxConcurrentJobs))
    }
}
