/// What stands under `/_sim/`.
extension Simulator {
    /// What is to become of a request, before anything else does.
    struct Admission: Sendable {
        let requestID: String
        /// What goes wrong with it.
        var fault: WireFault?
        /// It is beyond a limit, and has no effect.
        var refusal: RateLimits.Reason?
    }

    /// Takes note of a request.
    ///
    /// - Parameter call: What counts against the limits; of one that was let in, `leave` must be told.
    func admit(_ target: WireFault.Target?, _ call: APICall?) -> Admission {
        var admission = Admission(requestID: "req_" + random.token(length: 14))
        if let call { admission.refusal = enter(call) }
        if let target, admission.refusal == nil { admission.fault = wireFaults.strike(target) }
        return admission
    }

    private func enter(_ call: APICall) -> RateLimits.Reason? {
        let isLive = Caller.isLive(call.account.apiKey)
        let usual = options.hasRateLimits ? Limits.documented(livemode: isLive) : Limits()
        return rateLimits.enter(
            call, limits: usual.overlaid(with: limits), wall: clock.wallNow, now: clock.now)
    }

    /// The refusal of a call beyond a limit: with a body, or nil for none.
    func refusal(_ reason: RateLimits.Reason) -> APIError? {
        switch (reason, quirks.rateLimitBody) {
        case (_, .empty): nil
        case (.readQuota, _): .readQuotaExceeded
        case (.limit, let form): .rateLimited(form)
        }
    }

    /// The request is over.
    ///
    /// - Parameters:
    ///   - outcome: The status of the answer, or how it was cut; nil when there was none.
    ///   - call: What was let in by `admit`.
    func leave(_ target: WireFault.Target?, _ call: APICall?, outcome: String?) {
        if let target, let outcome { requests[target.rawValue, default: [:]][outcome, default: 0] += 1 }
        if let call { rateLimits.leave(call) }
    }

    var requestCounts: JSONValue {
        .object(requests.mapValues { .object($0.mapValues { .integer(Int64($0)) }) })
    }

    var clockState: JSONValue {
        ["now": .string(clock.now.rfc3339), "time_scale": .number(clock.scale)]
    }

    /// Pushes the clock, or changes its pace, and works off what that makes due.
    func setClock(advance seconds: Double?, scale: Double?) async -> JSONValue {
        if let scale { clock.run(atScale: scale) }
        if let seconds { clock.advance(by: .seconds(seconds)) }
        await settle()
        return clockState
    }

    /// Works until nothing is due, letting requests in between two turns.
    func settle() async {
        while pulse() { await Task.yield() }
    }

    var activeFaults: JSONValue {
        let document = Faults(
            rows: rowRules.all, wire: wireFaults.active, jobs: jobFaults.active, events: events.faults.all,
            limits: limits, quirks: quirks)
        return JSONValue(parsing: JSONValue.encode(document)) ?? .null
    }

    func add(_ scenario: Scenario) throws {
        quirks = try quirks.overlaid(with: scenario.quirks)
        limits = limits.overlaid(with: scenario.limits)
        for rule in scenario.rows { rowRules.add(rule) }
        for fault in scenario.wire { wireFaults.add(fault) }
        for fault in scenario.jobs { jobFaults.add(fault) }
        for fault in scenario.events { events.faults.add(fault) }
    }

    /// From now on nothing goes wrong, and nothing is odd.
    func clearFaults() {
        quirks = options.baseQuirks
        limits = Limits()
        rowRules = Self.rowRules(options, [])
        wireFaults = Strikes<WireFault>(seed: options.seed)
        jobFaults = Strikes<JobFault>(seed: options.seed)
        events.faults = EventFaults(seed: options.seed)
    }

    private struct Faults: Encodable {
        let rows: [RowRule]
        let wire: [WireFault]
        let jobs: [JobFault]
        let events: [EventFault]
        let limits: Limits
        let quirks: Quirks
    }

    func ledgerSummary() -> JSONValue { ledger.summary() }

    func ledgerReport(_ query: LedgerReport.Query) throws -> LedgerReport { try ledger.report(query) }

    /// Every job with all that the simulator knows of it, oldest first.
    var jobList: JSONValue {
        ["now": .string(clock.now.rfc3339), "jobs": .array(order.compactMap { jobs[$0] }.map(facts))]
    }

    private func facts(_ job: Job) -> JSONValue {
        var members: [String: JSONValue] = [
            "id": .string(job.id),
            "status": .string(job.phase.status),
            "endpoint": .string(job.request.endpoint.method + " " + job.request.endpoint.path),
            "version": .string(job.version),
            "metadata": .object(job.request.metadata.mapValues { .string($0) }),
            "skip_validation": .bool(job.request.skipValidation),
            "created": .string(job.created.rfc3339),
            "uploaded": job.uploadedAt.map { .string($0.rfc3339) } ?? .null,
            "rows": .integer(Int64(job.rowCount)),
            "input_bytes": .integer(Int64(job.inputBytes)),
            "output_bytes": .integer(Int64(job.outputBytes)),
            "rows_per_second": .number(job.pace.rowsPerSecond),
        ]
        switch job.phase {
        case .running(let run), .cancelling(.some(let run), _):
            members["done"] = .integer(Int64(run.done))
            members["succeeded"] = .integer(Int64(run.succeeded))
            members["failed"] = .integer(Int64(run.failed))
        case .validating(_, let validated):
            members["validated"] = .integer(Int64(validated))
        case .ended(let ending), .posing(_, _, let ending):
            members["ended"] = .string(ending.at.rfc3339)
            members["succeeded"] = .integer(Int64(ending.succeeded))
            members["failed"] = .integer(Int64(ending.failed))
            members["has_output"] = .bool(ending.hasOutput)
        case .readyForUpload, .cancelling:
            break
        }
        return .object(members)
    }
}
