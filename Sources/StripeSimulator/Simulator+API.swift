/// Create, retrieve and cancel.
extension Simulator {
    /// An answer to a call: the object as it is now.
    struct Answer: Sendable {
        let body: JSONValue
        /// The call had been made before, with the same key.
        var isReplay = false
    }

    func create(body: JSONValue, caller: Caller) throws(APIError) -> Answer {
        let request = try CreateRequest(body: body, rules: caller.rules, quirks: quirks)
        guard !caller.isUnauthorized else {
            throw .unauthorizedEndpoint(
                path: request.endpoint.path, method: request.endpoint.method.lowercased())
        }
        let scope = scope(caller, "create")
        if let scope, let id = try idempotency.replay(scope, parameters: body, now: clock.now) {
            let nonce = quirks.replayedURL == .fresh ? random.token(length: 12) : nil
            return Answer(body: try job(id, caller: caller, nonce: nonce), isReplay: true)
        }
        let now = clock.now
        let job = Job(
            id: quirks.jobIDPrefix + random.token(length: 26), fileToken: random.token(length: 40),
            created: now,
            version: caller.rules.version, request: request, livemode: caller.livemode,
            apiKey: caller.apiKey, context: caller.context, pace: pace(for: request, rules: caller.rules),
            phase: .readyForUpload(until: now + Job.uploadWindow))
        jobs[job.id] = job
        jobsByToken[job.fileToken] = job.id
        order.append(job.id)
        live.append(job.id)
        if let scope { idempotency.remember(scope, parameters: body, objectID: job.id, now: now) }
        announceCreation(of: job, by: caller)
        return Answer(body: render(job, for: caller))
    }

    func retrieve(_ id: String, caller: Caller) throws(APIError) -> Answer {
        Answer(body: try job(id, caller: caller))
    }

    func cancel(_ id: String, body: JSONValue, caller: Caller) throws(APIError) -> Answer {
        let scope = scope(caller, "cancel")
        let parameters: JSONValue = ["id": .string(id), "body": body]
        if let scope, try idempotency.replay(scope, parameters: parameters, now: clock.now) != nil {
            return Answer(body: try job(id, caller: caller), isReplay: true)
        }
        guard var job = visible(id, to: caller) else { throw .jobNotFound(id) }
        let before = job.phase
        job.phase = try job.phaseAfterCancel(at: clock.now)
        if case .readyForUpload = before, quirks.immediateCancelBeforeUpload {
            job.phase = .cancelling(nil, until: clock.now)
        }
        jobs[id] = job
        if job.phase != before { announce(job) }
        if let scope { idempotency.remember(scope, parameters: parameters, objectID: id, now: clock.now) }
        return Answer(body: try self.job(id, caller: caller))
    }

    func scope(_ caller: Caller, _ operation: String) -> IdempotencyLedger.Scope? {
        caller.idempotencyKey.map {
            .init(apiKey: caller.apiKey, context: caller.context, operation: operation, key: $0)
        }
    }

    private func job(_ id: String, caller: Caller, nonce: String? = nil) throws(APIError) -> JSONValue {
        guard let job = visible(id, to: caller) else { throw .jobNotFound(id) }
        return render(job, for: caller, nonce: nonce)
    }

    /// The job, brought up to the present as far as a moment's work allows.
    private func visible(_ id: String, to caller: Caller) -> Job? {
        guard let job = jobs[id], job.apiKey == caller.apiKey, job.context == caller.context else {
            return nil
        }
        if job.phase.ending == nil { _ = workOff(id, budget: 100) }
        if let ending = jobs[id]?.phase.ending, quirks.expiredResults == .notFound,
            clock.now >= ending.at + Job.resultLife
        {
            return nil
        }
        return jobs[id]
    }

    private func render(_ job: Job, for caller: Caller, nonce: String? = nil) -> JSONValue {
        JobObject(
            job: job, rules: caller.rules, links: links, base: caller.base, now: clock.now, quirks: quirks,
            nonce: nonce
        ).json
    }

    private func pace(for request: CreateRequest, rules: VersionRules) -> Pace {
        let usual = options.rowsPerSecond ?? (rules.hasMaximumRPS ? 10 : 100)
        let rate = request.maximumRPS.map(Double.init) ?? usual
        return Pace(rowsPerSecond: rate, validatedRowsPerSecond: rate * options.validationFactor)
    }
}
