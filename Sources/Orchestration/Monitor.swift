import BatchCore
import BatchStore
import Env
import StripeBatch

/// Looks at jobs, and cancels them.
struct Monitor {
    let parts: Parts

    /// Looks at a job and records what it showed.
    func look(at batch: Batch) async throws {
        guard let job = batch.phase.job else { return }
        switch try await parts.retrieve(job, of: batch) {
        case .success(let answer):
            try await parts.orchestrator.record(.observed(answer.snapshot), for: batch.id)
        case .failure(.refused(404, _, _)) where isForgotten(batch):
            let gone = JobSnapshot(id: job, status: .batchFailed, failure: "Stripe no longer knows the job")
            try await parts.orchestrator.record(.observed(gone), for: batch.id)
        case .failure(let failure):
            try await parts.orchestrator.record(.failed(failure), for: batch.id)
        }
    }

    /// Asks Stripe to end a job. The wish stays until a look shows that it took.
    func cancel(_ batch: Batch) async throws {
        guard let job = batch.phase.job else { return }
        let (_, client) = try parts.lane(of: batch)
        // The same key every time: cancelling twice is cancelling once.
        let answer = await client.cancelBatchJob(job, key: IdempotencyKey("batchd-cancel-\(job)"))
        parts.faults.hit(.cancelAnswered)
        switch answer {
        case .success(let answer):
            try await parts.orchestrator.record(.observed(answer.snapshot), for: batch.id)
        case .failure(let failure) where failure.isPassing:
            try await parts.orchestrator.record(.failed(failure), for: batch.id)
        case .failure:
            // Most likely it has ended already: a look tells.
            try await look(at: batch)
        }
    }

    /// True when a job has been out of sight for longer than it could have run and kept its results.
    private func isForgotten(_ batch: Batch) -> Bool {
        let limits = parts.settings.limits
        return parts.clock.now() - batch.aliveAt > limits.processing + limits.results
    }
}
