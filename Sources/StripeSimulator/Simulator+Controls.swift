/// What stands under `/_sim/`.
extension Simulator {
    /// Takes note of a request, and says what goes wrong with it.
    func admit(_ target: WireFault.Target?) -> (requestID: String, fault: WireFault?) {
        let id = "req_" + random.token(length: 14)
        guard let target else { return (id, nil) }
        return (id, wireFaults.strike(target))
    }

    /// Counts a call against the rate limits, and returns the refusal if it is beyond them.
    ///
    /// The refusal has a body or none.
    func spendCall(
        apiKey: String, context: String?, endpoint: String
    ) -> (reason: RateLimits.Reason, error: APIError?)? {
        guard options.hasRateLimits else { return nil }
        let reason = rateLimits.spend(
            apiKey: apiKey, context: context, livemode: Caller.isLive(apiKey), endpoint: endpoint,
            now: clock.wallNow)
        let form = quirks.rateLimitBody
        return reason.map { ($0, form == .empty ? nil : .rateLimited(form)) }
    }

    /// Counts an answered request; `outcome` is its status, or how it was cut.
    func count(_ target: WireFault.Target, outcome: String) {
        requests[target.rawValue, default: [:]][outcome, default: 0] += 1
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
            quirks: quirks)
        return JSONValue(parsing: JSONValue.encode(document)) ?? .null
    }

    func add(_ scenario: Scenario) throws {
        quirks = try quirks.overlaid(with: scenario.quirks)
        for rule in scenario.rows { rowRules.add(rule) }
        for fault in scenario.wire { wireFaults.add(fault) }
        for fault in scenario.jobs { jobFaults.add(fault) }
        for fault in scenario.events { events.faults.add(fault) }
    }

    /// From now on nothing goes wrong, and nothing is odd.
    func clearFaults() {
        quirks = options.baseQuirks
        rowRules = RowRules(seed: options.seed)
        wireFaults = Strikes<WireFault>(seed: options.seed)
        jobFaults = Strikes<JobFault>(seed: options.seed)
        events.faults = EventFaults(seed: options.seed)
    }

    private struct Faults: Encodable {
        let rows: [RowRule]
        let wire: [WireFault]
        let jobs: [JobFault]
        let events: [EventFault]
        let quirks: Quirks
    }

    func ledgerSummary() -> JSONValue { ledger.summary() }

    func ledgerLines(_ query: Ledger.Query) throws -> String { try ledger.lines(query) }

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
