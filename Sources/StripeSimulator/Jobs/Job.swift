/// One batch job: what was asked, and where it stands.
struct Job: Sendable {
    static let uploadWindow = SimulatedTime.Span.minutes(5)
    static let processingLimit = SimulatedTime.Span.hours(24)
    static let resultLife = SimulatedTime.Span.days(7)
    static let downloadLinkLife = SimulatedTime.Span.hours(1)

    let id: String
    /// Stands for the job in its upload and download URLs.
    let fileToken: String
    let created: SimulatedTime
    let version: String
    let request: CreateRequest
    let livemode: Bool
    /// Who asked: no one else sees the job.
    let apiKey: String
    let context: String?
    let pace: Pace
    /// Drawn when the file arrives.
    var fault: JobFault?
    /// Rows in the uploaded file.
    var rowCount = 0
    var inputBytes = 0
    var outputBytes = 0
    var uploadedAt: SimulatedTime?
    /// Transfers under way that keep the job waiting beyond its deadline.
    var heldOpen = 0
    var phase: JobPhase

    /// What is to be done for a job now.
    enum Step: Equatable {
        case wait
        /// Read rows up to this number.
        case validate(upTo: Int)
        /// Execute rows up to this number. Silent rows take effect and leave no result line.
        case execute(upTo: Int, silently: Bool)
        case become(JobPhase)
    }

    /// Decides what is due at `now`.
    ///
    /// It never skips a state: each step is applied, then asked again.
    func step(at now: SimulatedTime) -> Step {
        switch phase {
        case .readyForUpload(let deadline):
            guard now >= deadline, heldOpen == 0 else { return .wait }
            return .become(.ended(.init(status: "upload_timeout", at: deadline, hasOutput: false)))
        case .validating(let since, let validated):
            return validationStep(since: since, validated: validated, now: now)
        case .running(let run):
            return runningStep(run, now: now)
        case .cancelling(let run, let until):
            return cancellingStep(run, until: until, now: now)
        case .posing(_, let until, let ending):
            return now >= until ? .become(.ended(ending)) : .wait
        case .ended:
            return .wait
        }
    }

    /// The file is complete at `now`: processing begins by itself.
    func phaseAfterUpload(at now: SimulatedTime) -> JobPhase {
        if let fault, fault.end == "validation_failed" {
            return .ended(
                .init(
                    status: "validation_failed", at: now, failed: fault.row == nil ? 0 : 1,
                    error: fault.message))
        }
        return request.skipValidation ? .running(.init(since: now)) : .validating(since: now, validated: 0)
    }

    private func validationStep(since: SimulatedTime, validated: Int, now: SimulatedTime) -> Step {
        let due = min(rowCount, Pace.rows(in: now - since, at: pace.validatedRowsPerSecond))
        if validated < due { return .validate(upTo: due) }
        let end = since + Pace.time(for: rowCount, at: pace.validatedRowsPerSecond)
        return validated == rowCount && now >= end ? .become(.running(.init(since: end))) : .wait
    }

    private func runningStep(_ run: JobPhase.Run, now: SimulatedTime) -> Step {
        let rate = pace.rowsPerSecond
        var horizon = run.since + Self.processingLimit
        var status = "timeout"
        if let fault, let end = fault.end {
            let cut = Int(Double(rowCount) * fault.afterShare)
            horizon = min(horizon, run.since + Pace.time(for: cut, at: rate))
            status = end
        }
        let due = min(rowCount, Pace.rows(in: min(now, horizon) - run.since, at: rate))
        if run.done < due { return .execute(upTo: due, silently: false) }
        if run.done == rowCount, status == "timeout", fault?.end == nil {
            return .become(ended(run, "complete", at: run.since + Pace.time(for: rowCount, at: rate)))
        }
        guard now >= horizon else { return .wait }
        // What was in flight at the cut took effect, and mostly nobody will be told.
        let isBegun = horizon > run.since
        let begun =
            isBegun ? min(rowCount, Pace.rows(in: horizon - run.since + pace.latency, at: rate)) : 0
        // Only a cancellation waits for them: their lines are in the results.
        let isWaitedFor = status == "canceled" || status == "cancelled"
        if run.done < begun { return .execute(upTo: begun, silently: !isWaitedFor) }
        return .become(ended(run, status, at: horizon))
    }

    private func cancellingStep(_ run: JobPhase.Run?, until: SimulatedTime, now: SimulatedTime) -> Step {
        guard let run else {
            guard now >= until else { return .wait }
            return .become(.ended(.init(status: "canceled", at: until, hasOutput: false)))
        }
        let limit = run.limit ?? rowCount
        let due = min(limit, Pace.rows(in: now - run.since, at: pace.rowsPerSecond))
        let target = now >= until ? limit : due
        if run.done < target { return .execute(upTo: target, silently: false) }
        return now >= until ? .become(ended(run, "canceled", at: until)) : .wait
    }

    private func ended(_ run: JobPhase.Run, _ status: String, at moment: SimulatedTime) -> JobPhase {
        let hasOutput = ["complete", "canceled", "cancelled", "timeout"].contains(status)
        let ending = JobPhase.Ending(
            status: status, at: moment, succeeded: run.succeeded, failed: run.failed,
            hasOutput: hasOutput && (status != "canceled" || run.succeeded + run.failed > 0),
            error: status == "batch_failed" ? fault?.message ?? "An unexpected error occurred." : nil)
        guard let fault, let pose = fault.show else { return .ended(ending) }
        return .posing(as: pose, until: moment + .seconds(fault.forSeconds), ending)
    }

    /// The phase after a cancel at `now`; the same phase when there is nothing left to change.
    func phaseAfterCancel(at now: SimulatedTime) throws(APIError) -> JobPhase {
        switch phase {
        case .readyForUpload, .validating:
            return .cancelling(nil, until: now + pace.latency)
        case .running(var run):
            let begun = Pace.rows(in: now - run.since + pace.latency, at: pace.rowsPerSecond)
            run.limit = max(run.done, min(rowCount, begun))
            return .cancelling(run, until: now + pace.latency)
        case .cancelling:
            return phase
        case .ended(let ending) where ending.status == "canceled" || ending.status == "cancelled":
            return phase
        case .posing, .ended:
            throw .notCancellable(id, status: phase.status)
        }
    }
}
