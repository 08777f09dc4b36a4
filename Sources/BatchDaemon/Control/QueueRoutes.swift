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
            let queues = try facts.documents(of: facts.configuration.queues)
            return try .json(List(data: queues.filter { state == nil || $0.state == state }))
        }
    }
}

extension Facts {
    /// A queue as the contract shows it.
    func document(ofQueue name: String) throws -> Queue {
        try documents(of: [try queue(name)])[0]
    }

    fileprivate func documents(of queues: [QueuePolicy]) throws -> [Queue] {
        let open = try store.workloads(openOnly: true, limit: 100_000)
        let live = try store.lanes()
        let pauses = try store.pauses()
        return queues.map { policy in
            let pause =
                pauses.first { $0.scope == .queue(policy.name) } ?? pauses.first { $0.scope == .all }
            return document(policy, open: open, live: live, pause)
        }
    }

    private func document(
        _ policy: QueuePolicy, open: [WorkloadRecord], live: [LiveLane], _ pause: Pause?
    ) -> Queue {
        let workloads = open.filter { $0.queue == policy.name }
        let jobs = live.filter { $0.queue == policy.name }.count(where: \.hasRunningJob)
        return Queue(
            name: policy.name, account: policy.account.name, endpoint: policy.endpoint.description,
            state: pause != nil ? "paused" : workloads.isEmpty ? "idle" : "running",
            reason: pause.map(reason(of:)), window: policy.window?.description,
            opensAt: opening(ofQueue: policy.name)?.rfc3339, priority: policy.priority,
            workloads: workloads.count,
            rows: ControlAPI.RowCounts(workloads.reduce(BatchCore.RowCounts()) { $0 + $1.rows }),
            jobs: JobCounts(active: jobs, limit: policy.maxConcurrentJobs))
    }
    /// Why and for how long something is paused.
    func reason(of pause: Pause) -> String {
        let until = pause.until.map { "until \($0.rfc3339)" }
        let what = pause.scope == .all ? "everything is paused" : "paused"
        return ([what, until].compactMap(\.self).joined(separator: " "))
            + (pause.reason.map { ": \($0)" } ?? "")
    }
}
