import BatchCore
import BatchStore
import Env
import Foundation

// What the guard rails of a queue say at this moment.
extension Facts {
    /// The policy of a queue; nil when it is not configured.
    func policy(ofQueue name: String) -> QueuePolicy? {
        configuration.queues.first { $0.name == name }
    }

    /// When the window of a queue opens; nil while it is open, or when there is none.
    func opening(ofQueue name: String) -> Timestamp? {
        guard let window = policy(ofQueue: name)?.window else { return nil }
        return window.nextOpening(after: clock.now()) { TimeZone.secondsAhead(window.zone, at: $0) }
    }

    /// True while the first job of a workload decides about all others.
    func isCanaryUnderWay(of workload: WorkloadRecord) throws -> Bool {
        guard workload.state == .queued || workload.state == .running,
            let canary = policy(ofQueue: workload.queue)?.canary
        else { return false }
        return try GuardVerdict(store.guardRecord(of: workload.id), canary: canary, halt: nil) == .wait
    }
}
