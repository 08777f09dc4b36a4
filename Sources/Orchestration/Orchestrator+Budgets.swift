import BatchCore
import BatchStore
import Env
import Logging

// Clocks that run out, and budgets that are spent.
extension Orchestrator {
    /// What the next step of a batch depends on.
    func circumstances(of batch: Batch, at now: Timestamp) throws -> Circumstances {
        Circumstances(
            now: now, seen: try seen(in: batch.queue, at: now), poll: try poll(of: batch, at: now),
            limits: settings.limits, isSettlingIn: !unplaced.isEmpty, isUnplaced: unplaced.contains(batch.id),
            isStopped: try batch.phase.isPrepared && !store.mayBegin(batch.workload),
            hasMoved: settings.queues[batch.queue].map { $0.account.name != batch.account } ?? false)
    }

    /// What the last jobs of a queue showed; asked of the store only after one of them has moved on.
    func seen(in queue: String, at now: Timestamp) throws -> BatchSize.Seen {
        if let known = rates[queue] { return known }
        let seen = try store.ratesSeen(in: queue, at: now)
        rates[queue] = seen
        return seen
    }

    /// How often the job of a batch is looked at, by what is left of its account's reads.
    func poll(of batch: Batch, at now: Timestamp) throws -> PollPolicy {
        guard let account = policy(of: batch)?.account else { return PollPolicy() }
        let usual = usualPoll(of: account, at: now)
        guard account.readsPerMonth != nil else { return usual }
        let month = now.month
        if reads[account.name]?.month != month {
            reads[account.name] = (month, try store.reads(of: account.name, in: month))
        }
        return ReadBudget(perMonth: account.readsPerMonth, spent: reads[account.name]?.spent ?? 0)
            .poll(usual, jobs: jobsWatched(in: account.name), at: now)
    }

    /// How many jobs of an account are looked at. Counted once for all batches of a plan, not once for each.
    private func jobsWatched(in account: String) -> Int {
        if let known = watched[account] { return known }
        let jobs = live.values.count { $0.phase.isWatched && policy(of: $0)?.account.name == account }
        watched[account] = jobs
        return jobs
    }

    /// Counts a GET about a batch, which is about to be made.
    func willRead(_ batch: Batch) throws {
        guard let account = policy(of: batch)?.account.name else { return }
        let month = clock.now().month
        reads[account] = (month, try store.countRead(of: account, in: month))
    }

    /// Takes in how fast a file went; what is recorded next of the batch makes it durable.
    func sent(_ sending: Sending, of id: BatchID) {
        live[id]?.sending = sending
    }

    /// Says in the log when a deadline comes near: once for each step nearer.
    func watchClock(of batch: Batch, in turn: inout Turn) {
        guard let deadline = batch.deadline(settings.limits), deadline.kind != .upload else {
            alarmed[batch.id] = nil
            return
        }
        if let next = deadline.nextChange(after: turn.now) { turn.plan.wait(until: next) }
        let urgency = deadline.urgency(at: turn.now)
        guard urgency != alarmed[batch.id, default: .ok] else { return }
        alarmed[batch.id] = urgency
        if urgency == .ok { return }
        log.log(
            level: urgency == .soon ? .warning : .error,
            "\(urgency.rawValue): \(deadline.kind.story) at \(deadline.at.rfc3339)",
            metadata: [
                "batch": "\(batch.id)", "workload": "\(batch.workload)",
                "job": "\(batch.phase.job.map { $0.rawValue } ?? "")",
            ])
    }

    /// Held workloads whose last jobs were all in vain, or of which too many rows failed. The record is asked and not the
    /// reason: a job that was under way when it was held has been in vain since, and the count in the text is another.
    func spentWorkloads() throws -> Set<WorkloadID> {
        let spent = try store.workloads(openOnly: true, state: .held).filter {
            try GuardWord(reason: $0.reason) != nil
                || store.jobRecord(of: $0.id).exhausted(settings.limits) != nil
        }
        return Set(spent.map(\.id))
    }

    /// Whether a workload may have another job; holds it when its last ones were all in vain, or when too many of
    /// its rows have failed.
    func mayHaveAnotherJob(_ workload: WorkloadID, in policy: QueuePolicy) throws -> GuardVerdict {
        var verdict = GuardVerdict.open
        if let reason = try store.jobRecord(of: workload).exhausted(settings.limits) {
            verdict = .hold(reason)
        } else if policy.canary != nil || policy.halt != nil {
            verdict = GuardVerdict(
                try store.guardRecord(of: workload), canary: policy.canary, halt: policy.halt)
        }
        if case .hold(let reason) = verdict { try hold(workload, reason) }
        return verdict
    }

    /// True while the queue's window is closed; the plan goes on when it opens.
    func isClosed(_ policy: QueuePolicy, in turn: inout Turn) -> Bool {
        guard let opening = settings.opening(of: policy, after: turn.now) else { return false }
        turn.plan.wait(until: opening)
        return true
    }
}
