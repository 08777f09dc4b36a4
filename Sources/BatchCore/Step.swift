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
    /// Nothing before something else has happened.
    case rest
}

/// What the next step of a batch depends on, besides the batch.
package struct Circumstances: Hashable, Sendable {
    /// The present moment.
    package var now: Timestamp
    /// What was seen of the queue's last jobs.
    package var seen: BatchSize.Seen
    /// How often the account's jobs are looked at now.
    package var poll: PollPolicy
    /// Stripe's limits.
    package var limits: Limits
    /// After a start: some job that may be running was not looked at yet.
    package var isSettlingIn: Bool
    /// After a start: the job of this batch is one of them.
    package var isUnplaced: Bool
    /// The workload begins no new job: it is held or paused.
    package var isStopped: Bool
    /// The queue belongs to another account than the one under which the batch was claimed.
    package var hasMoved: Bool

    /// The circumstances of one moment; those of a start have passed unless told otherwise.
    package init(
        now: Timestamp, seen: BatchSize.Seen = BatchSize.Seen(), poll: PollPolicy = PollPolicy(),
        limits: Limits = Limits(), isSettlingIn: Bool = false, isUnplaced: Bool = false,
        isStopped: Bool = false, hasMoved: Bool = false
    ) {
        self.now = now
        self.seen = seen
        self.poll = poll
        self.limits = limits
        self.isSettlingIn = isSettlingIn
        self.isUnplaced = isUnplaced
        self.isStopped = isStopped
        self.hasMoved = hasMoved
    }

    /// How long sending a file should take, at the throughput seen.
    package func uploadTime(of file: InputFile) -> Duration {
        .seconds(Double(file.bytes) / max(1, seen.uploadRate ?? limits.assumedUploadRate))
    }

    /// True when `moment` has come, or lies further ahead than any pause we make: then the clock was set back,
    /// and nothing may wait until it has caught up.
    func hasCome(_ moment: Timestamp, longestPause: Duration) -> Bool {
        now >= moment || moment - now > longestPause
    }

    /// True when a file that is sent from now on should arrive before `deadline`, with the margin to spare.
    package func fits(_ file: InputFile, before deadline: Timestamp) -> Bool {
        now + uploadTime(of: file) + limits.uploadMargin < deadline
    }
}

extension Batch {
    /// The next step in these circumstances.
    package func step(in circumstances: Circumstances) -> Step {
        let step = stepByPhase(in: circumstances)
        guard circumstances.isSettlingIn, step.speaksToStripe else { return step }
        // After a start: look first, at all jobs, and send nothing meanwhile.
        guard circumstances.isUnplaced, let job = phase.job else { return .rest }
        return .poll(job: job)
    }

    private func stepByPhase(in circumstances: Circumstances) -> Step {
        let now = circumstances.now
        // What was not sent goes under the queue's account; what was is followed under its own.
        if circumstances.hasMoved, phase.isBeforeUpload { return .release(.accountChanged) }
        let pause = max(circumstances.limits.longestBackoff, circumstances.poll.min)
        guard circumstances.hasCome(notBefore, longestPause: pause) else { return .wait(until: notBefore) }
        switch phase {
        case .staging:
            return stop(in: circumstances).map(Step.release) ?? .stage
        case .staged(let file):
            if let reason = stop(in: circumstances) { return .release(reason) }
            // Stripe or the uplink may have become slower since the rows were claimed: fewer go into the next file.
            let fits =
                circumstances.fits(file, before: now + circumstances.limits.uploadWindow)
                && circumstances.seen.timeToRun(rows) < circumstances.limits.processing
            return fits || rows == 1 ? .create : .release(.tooLarge)
        case .creating(_, let intent):
            // A job without its file does nothing, so an unanswered create can be left behind.
            return cancelWanted ? .release(.canceled) : .createAgain(intent)
        case .awaitingUpload(let file, let job, let deadline):
            guard circumstances.fits(file, before: deadline) else { return .release(.windowMissed) }
            return cancelWanted ? cancelling(job) : .upload(file, job: job, deadline: deadline)
        case .uploading(let file, let job, let deadline):
            // Whether the file arrived or not: it is not sent again, and an end of the job tells.
            if cancelWanted { return cancelling(job) }
            return .resumeUpload(file, job: job, deadline: deadline)
        case .processing(let job, let pollAt):
            if cancelWanted, seen?.status != .cancelling { return .cancel(job: job) }
            return watch(job, pollAt: pollAt, in: circumstances)
        case .collecting(let job, let ending, let until):
            return .collect(job: job, ending, until: until)
        case .archived(let job, let ending):
            return .settle(job: job, ending)
        case .settled, .released:
            return .sweep
        }
    }

    /// Why no job is to be asked for. What was prepared goes back: it would keep others of the queue waiting.
    private func stop(in circumstances: Circumstances) -> ReleaseReason? {
        cancelWanted ? .canceled : circumstances.isStopped ? .stopped : nil
    }

    /// Looks at a running job when it is time, and ends it when it would not end by itself.
    ///
    /// When Stripe's 24 hours are over, nobody knows of the rest whether it ran. Of a job that was canceled before
    /// that, the rest did not run, and goes into the next one.
    private func watch(_ job: JobID, pollAt: Timestamp, in circumstances: Circumstances) -> Step {
        let limits = circumstances.limits
        let longest = max(circumstances.poll.max, limits.longestBackoff)
        guard let end = runsSince.map({ $0 + limits.processing }), seen?.status == .inProgress else {
            return circumstances.hasCome(pollAt, longestPause: longest)
                ? .poll(job: job) : .wait(until: pollAt)
        }
        let verdictAt = end - limits.cancelMargin
        if circumstances.now >= verdictAt, aliveAt >= verdictAt {
            let left = rows - (seen?.done ?? 0)
            let rate = pace?.rate ?? circumstances.seen.rowRate ?? limits.assumedRowRate
            let needed = Duration.seconds(Double(left) / max(rate, 1e-6))
            if needed + limits.cancelMargin / 4 >= end - circumstances.now { return .cancel(job: job) }
        }
        let lookAt = aliveAt < verdictAt ? min(pollAt, verdictAt) : pollAt
        return circumstances.hasCome(lookAt, longestPause: longest) ? .poll(job: job) : .wait(until: lookAt)
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

extension Step {
    /// True when it calls Stripe about a job that may be running, or asks for one.
    fileprivate var speaksToStripe: Bool {
        switch self {
        case .create, .createAgain, .upload, .resumeUpload, .poll, .cancel: true
        case .stage, .collect, .settle, .release, .sweep, .wait, .rest: false
        }
    }
}
