/// A set of rows that travels as one input file, and all that is known of its journey.
package struct Batch: Hashable, Sendable {
    /// Our id.
    package let id: BatchID
    /// The one workload whose rows it carries.
    package let workload: WorkloadID
    /// The queue of that workload.
    package let queue: String
    /// The account under which its job is asked for, by its name: fixed with the claim, so that what the queue's
    /// configuration says later does not lose the job.
    package let account: String
    /// How many rows it carries.
    package var rows: Int64
    /// The API version for rows that name none: fixed with the claim, so that staging again gives the same bytes.
    package let apiVersion: String
    /// The connected account for rows that name none; fixed likewise.
    package let context: String?
    /// Where it stands.
    package var phase: BatchPhase
    /// A person wants the job canceled: a wish beside the phase, kept until Stripe shows that it took.
    package var cancelWanted: Bool
    /// No step is taken before this moment.
    package var notBefore: Timestamp
    /// Calls that failed in a row.
    package var failures: Int
    /// Looks in a row that showed the same status.
    package var unchanged: Int
    /// What the last look showed.
    package var seen: JobSnapshot?
    /// When its job was last known to be alive.
    package var aliveAt: Timestamp
    /// Since when its job may run: its 24 hours are counted from here.
    package var runsSince: Timestamp?
    /// How fast its job gets on.
    package var pace: RowPace?
    /// The last time its file was sent, as far as it came.
    package var sending: Sending?

    /// A batch as it was claimed, or as it was stored.
    package init(
        id: BatchID, workload: WorkloadID, queue: String, account: String, rows: Int64, apiVersion: String,
        context: String?, phase: BatchPhase,
        cancelWanted: Bool = false, notBefore: Timestamp, failures: Int = 0, unchanged: Int = 0,
        seen: JobSnapshot? = nil, aliveAt: Timestamp, runsSince: Timestamp? = nil, pace: RowPace? = nil,
        sending: Sending? = nil
    ) {
        self.id = id
        self.workload = workload
        self.queue = queue
        self.account = account
        self.rows = rows
        self.apiVersion = apiVersion
        self.context = context
        self.phase = phase
        self.cancelWanted = cancelWanted
        self.notBefore = notBefore
        self.failures = failures
        self.unchanged = unchanged
        self.seen = seen
        self.aliveAt = aliveAt
        self.runsSince = runsSince
        self.pace = pace
        self.sending = sending
    }

    /// Takes in what happened.
    ///
    /// - Throws: `IllegalEvent`, and changes nothing, when the phase does not allow the event.
    package mutating func handle(
        _ event: BatchEvent, at now: Timestamp, poll: PollPolicy, limits: Limits,
        using random: inout some RandomNumberGenerator
    ) throws(IllegalEvent) {
        var next = self
        switch event {
        case .observed(let snapshot), .created(let snapshot):
            // Counts that grow are no reason to look again soon: a job of a day would be looked at all day.
            next.unchanged = snapshot.status == seen?.status ? unchanged + 1 : 0
            next.seen = snapshot
            next.failures = 0
            next.notBefore = now
        case .failed:
            next.failures = failures + 1
            next.notBefore = now + limits.backoff(failures: next.failures, using: &random)
        default:
            next.failures = 0
            next.notBefore = now
        }
        let pause =
            if case .failed = event {
                next.notBefore - now
            } else {
                spread(poll.delay(unchanged: next.unchanged), using: &random)
            }
        next.phase = try phase.after(event, at: now, lastAlive: aliveAt, poll: pause, limits: limits)
        next.measure(event, since: self, at: now, limits: limits)
        if next.phase.isWatched, next.failures == 0 { next.aliveAt = now }
        // A look that settled nothing is never repeated at once, whatever Stripe keeps saying.
        if case .observed = event, next.phase.isWatched { next.notBefore = now + poll.min }
        self = next
    }

    /// Keeps the time of a job: since when it runs, and how fast.
    private mutating func measure(_ event: BatchEvent, since before: Batch, at now: Timestamp, limits: Limits)
    {
        if case .uploaded = event {
            runsSince = now
            pace = RowPace(since: now, done: 0)
        }
        guard case .observed(let job) = event, job.status != .readyForUpload else { return }
        if runsSince == nil {
            // Whenever its file arrived, it was not after the window.
            runsSince =
                if case .uploading(_, _, let deadline) = before.phase { min(now, deadline) } else { now }
            pace = RowPace(since: now, done: job.done)
            return
        }
        switch job.status {
        case .inProgress: pace?.look(done: job.done, at: now)
        case .validating: pace?.begin(at: now)
        case .complete:
            pace?.end(
                done: job.done, at: now, lastLook: before.aliveAt, assumed: limits.assumedRowRate)
        default: break
        }
    }
}

/// A pause, or up to a tenth less: so that jobs that began together are not looked at together for ever.
private func spread(_ pause: Duration, using random: inout some RandomNumberGenerator) -> Duration {
    let most = pause.milliseconds
    return .milliseconds(Int64.random(in: most - most / 10...most, using: &random))
}
