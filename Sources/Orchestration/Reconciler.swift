package import BatchCore
package import BatchStore
import Env
package import Spool

/// Places every job that may be running, by looking at it, and does nothing else: the first part of a start.
package struct Reconciler: Sendable {
    /// Where a batch was found, and where it stands after the look.
    package struct Placement: Hashable, Sendable {
        /// The batch as the records had it.
        package var before: Batch
        /// The batch after the look.
        package var after: BatchRecord
        /// True when Stripe had to be asked.
        package var wasAsked: Bool
        /// True when that was answered with the job.
        package var wasSeen: Bool
        /// What a start would do next; nil when its queue is not configured.
        package var next: Step?
    }

    private let parts: Parts

    /// A reconciler over an orchestrator that has recovered.
    package init(orchestrator: Orchestrator, spool: Spool, archive: Archive) {
        parts = Parts(orchestrator: orchestrator, spool: spool, archive: archive)
    }

    /// Looks at each job until it has answered, with the patience of a start, and tells what was found.
    ///
    /// Nothing goes to Stripe but looks, and nothing is recorded but what they showed.
    package func run() async throws -> [Placement] {
        let found = await parts.orchestrator.liveBatches().sorted { $0.id < $1.id }
        let asked = await parts.orchestrator.unplaced
        while true {
            let (due, next) = await parts.orchestrator.looksDue()
            try await withThrowingDiscardingTaskGroup { looks in
                for batch in due {
                    looks.addTask { try await Monitor(parts: parts).look(at: batch) }
                }
            }
            guard due.isEmpty else { continue }
            guard let next else { break }
            try await parts.clock.sleep(next)
        }
        var placements: [Placement] = []
        for batch in found {
            guard let after = try parts.store.batch(batch.id) else { continue }
            let wasAsked = asked.contains(batch.id)
            placements.append(
                Placement(
                    before: batch, after: after, wasAsked: wasAsked,
                    wasSeen: wasAsked && after.batch.failures == 0,
                    next: try await parts.orchestrator.nextStep(of: batch.id)))
        }
        return placements
    }
}

extension Orchestrator {
    /// Jobs that must be looked at now before anything is sent, and when the next of them must be.
    func looksDue() -> (due: [Batch], next: Timestamp?) {
        let now = clock.now()
        let waiting = unplaced.compactMap { live[$0] }
        return (waiting.filter { $0.notBefore <= now }, waiting.map(\.notBefore).min())
    }

    /// What would be done next for a batch; nil when its queue is not configured.
    func nextStep(of id: BatchID) throws -> Step? {
        guard let batch = live[id], policy(of: batch) != nil else { return nil }
        var circumstances = try circumstances(of: batch, at: clock.now())
        circumstances.isSettlingIn = false
        return batch.step(in: circumstances)
    }
}
