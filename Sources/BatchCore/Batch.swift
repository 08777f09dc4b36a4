/// A set of rows that travels as one input file, and all that is known of its journey.
package struct Batch: Hashable, Sendable {
    /// Our id.
    package let id: BatchID
    /// The one workload whose rows it carries.
    package let workload: WorkloadID
    /// The queue of that workload.
    package let queue: String
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
    /// Looks in a row that showed nothing new.
    package var unchanged: Int
    /// What the last look showed.
    package var seen: JobSnapshot?
    /// When its job was last known to be alive.
    package var aliveAt: Timestamp

    /// A batch as it was claimed, or as it was stored.
    package init(
        id: BatchID, workload: WorkloadID, queue: String, rows: Int64, apiVersion: String,
        context: String?, phase: BatchPhase,
        cancelWanted: Bool = false, notBefore: Timestamp, failures: Int = 0, unchanged: Int = 0,
        seen: JobSnapshot? = nil, aliveAt: Timestamp
    ) {
        self.id = id
        self.workload = workload
        self.queue = queue
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
            next.unchanged = snapshot == seen ? unchanged + 1 : 0
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
            if case .failed = event { next.notBefore - now } else { poll.delay(unchanged: next.unchanged) }
        next.phase = try phase.after(event, at: now, lastAlive: aliveAt, poll: pause, limits: limits)
        if next.phase.isWatched, next.failures == 0 { next.aliveAt = now }
        // A look that settled nothing is never repeated at once, whatever Stripe keeps saying.
        if case .observed = event, next.phase.isWatched { next.notBefore = now + poll.min }
        self = next
    }
}

/// What to do next for one batch.
package enum Step: Hashable, Sendable {
    /// Write the input file.
    case stage
    /// Record the intent to create a job, then ask for it. Needs a free slot.
    case create
    /// Ask again, with the recorded key and body.
    case createAgain(CreateIntent)
    /// Record the intent to upload, then send the file.
    case upload(InputFile, job: JobID, deadline: Timestamp)
    /// Look whether the file arrived; send it again if not, and if the window allows.
    case resumeUpload(InputFile, job: JobID, deadline: Timestamp)
    /// Look at the job.
    case poll(job: JobID)
    /// Ask Stripe to cancel the job.
    case cancel(job: JobID)
    /// Bring the results into the archive.
    case collect(job: JobID, JobEnding, until: Timestamp)
    /// Give each row its outcome, from the archived file.
    case settle(job: JobID, JobEnding)
    /// Give up; nothing ran.
    case release(ReleaseReason)
    /// Remove the spool file.
    case sweep
    /// Nothing before this moment.
    case wait(until: Timestamp)
}

extension Batch {
    /// The next step at `now`. `uploadTime` is how long the upload should take.
    package func step(at now: Timestamp, uploadTime: Duration, limits: Limits) -> Step {
        if now < notBefore { return .wait(until: notBefore) }
        switch phase {
        case .staging:
            return cancelWanted ? .release(.canceled) : .stage
        case .staged:
            if cancelWanted { return .release(.canceled) }
            // The uplink may have become slower since the rows were claimed: fewer go into the next file.
            let isTooLarge = rows > 1 && uploadTime + limits.uploadMargin >= limits.uploadWindow
            return isTooLarge ? .release(.windowMissed) : .create
        case .creating(_, let intent):
            // A job without its file does nothing, so an unanswered create can be left behind.
            return cancelWanted ? .release(.canceled) : .createAgain(intent)
        case .awaitingUpload(let file, let job, let deadline):
            if now + uploadTime + limits.uploadMargin >= deadline { return .release(.windowMissed) }
            return cancelWanted ? cancelling(job) : .upload(file, job: job, deadline: deadline)
        case .uploading(let file, let job, let deadline):
            // Whether the file arrived or not: it is not sent again, and an end of the job tells.
            if cancelWanted { return cancelling(job) }
            return .resumeUpload(file, job: job, deadline: deadline)
        case .processing(let job, let pollAt):
            if cancelWanted, seen?.status != .cancelling { return .cancel(job: job) }
            return now < pollAt ? .wait(until: pollAt) : .poll(job: job)
        case .collecting(let job, let ending, let until):
            return .collect(job: job, ending, until: until)
        case .archived(let job, let ending):
            return .settle(job: job, ending)
        case .settled, .released:
            return .sweep
        }
    }

    private func cancelling(_ job: JobID) -> Step {
        seen?.status == .cancelling ? .poll(job: job) : .cancel(job: job)
    }

    /// True when the recorded create has grown too old: its job, if there is one, can no longer be used.
    package func needsNewKey(at now: Timestamp, limits: Limits) -> Bool {
        guard case .creating(_, let intent) = phase else { return false }
        return now - intent.askedAt >= limits.uploadWindow - limits.uploadMargin
    }
}
