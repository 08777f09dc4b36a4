import BatchCore
import BatchStore
import ControlAPI
import Env
import Orchestration

/// What the routes tell from: the store, read without touching the work in progress.
struct Facts: Sendable {
    let store: Store
    let inForce: LiveConfiguration
    let clock: Clock
    let daemon: DaemonState
    let limits: Limits
    let disk: DiskRoom
    /// How events arrive; nil when nobody listens for them.
    let webhooks: WebhookHealth?

    /// The configuration as it is now.
    var configuration: Configuration { inForce.current }

    /// The names of the configured queues.
    var queueNames: [String] { configuration.queues.map(\.name) }

    /// The policy of a queue, or a refusal that names the queues there are.
    func queue(_ name: String) throws -> QueuePolicy {
        guard let queue = configuration.queues.first(where: { $0.name == name }) else {
            throw Refusal.unknownQueue(name, known: queueNames)
        }
        return queue
    }

    /// The queue that a call is limited to, if it is.
    func queueFilter(_ call: Call) throws -> String? {
        try call.text(.queue).map { try queue($0).name }
    }

    /// The workload that a call is limited to, if it is.
    func workloadFilter(_ call: Call) throws -> WorkloadID? {
        try call.text(.workload).map { try workload($0).id }
    }

    /// A workload by its written id.
    func workload(_ text: String) throws -> WorkloadRecord {
        guard let id = WorkloadID(text), let record = try store.workload(id) else {
            throw try noWorkload(text)
        }
        return record
    }

    /// A batch by its written id.
    func batch(_ text: String) throws -> BatchRecord {
        guard let id = BatchID(text), let record = try store.batch(id) else {
            throw try noBatch(text)
        }
        return record
    }

    /// The batch that a job carries.
    func batch(ofJob text: String) throws -> BatchRecord {
        guard let record = try store.batch(of: JobID(text)) else {
            throw try noJob(text)
        }
        return record
    }
}

extension ControlAPI.RowCounts {
    init(_ counts: BatchCore.RowCounts) {
        self.init(
            total: Int(counts.total), queued: Int(counts[.queued]), inFlight: Int(counts[.inFlight]),
            succeeded: Int(counts[.succeeded]), failed: Int(counts[.failed]), held: Int(counts[.held]),
            canceled: Int(counts[.canceled])
        )
    }
}
