package import BatchCore
import Env

// What Stripe's events do: they say when a look is worth it, and nothing else.
extension Orchestrator {
    /// For how long an event shows that they arrive. A job of a day has none between its first hour and its end.
    private static let trust = Duration.hours(25)

    /// An event came about a job. When it brings news, the job is looked at as soon as its poll policy allows.
    ///
    /// - Returns: true when there may be something to do now.
    package func hear(of job: JobID, isNews: Bool) -> Bool {
        guard let batch = live.values.first(where: { $0.phase.job == job }) else { return false }
        heard[batch.account] = clock.now()
        guard isNews else { return false }
        guard !busy.contains(.batch(batch.id)) else {
            // What is under way may have asked before it happened.
            toLookAt.insert(batch.id)
            return false
        }
        return lookSoon(at: batch.id)
    }

    /// Brings the next look at a job forward; true when that made a difference. A call that fails keeps its pause.
    @discardableResult
    func lookSoon(at id: BatchID) -> Bool {
        guard var batch = live[id], case .processing(let job, let pollAt) = batch.phase, batch.failures == 0,
            let account = policy(of: batch)?.account
        else { return false }
        let soon = max(clock.now(), batch.aliveAt + account.poll.min)
        guard soon < max(pollAt, batch.notBefore) else { return false }
        batch.phase = .processing(job: job, pollAt: soon)
        batch.notBefore = soon
        live[id] = batch
        return true
    }

    /// How often to look at jobs of an account when GETs cost nothing.
    func usualPoll(of account: AccountPolicy, at now: Timestamp) -> PollPolicy {
        guard let last = heard[account.name], last <= now, now - last <= Self.trust else {
            return account.poll
        }
        return account.poll.besideEvents
    }

    /// Counts what a batch has come to.
    func meter(_ batch: Batch) {
        switch batch.phase {
        case .collecting(_, let ending, _): meters.ended(ending, in: batch.queue)
        case .released(let reason): meters.released(reason, in: batch.queue)
        default: break
        }
    }
}
