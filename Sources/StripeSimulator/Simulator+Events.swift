/// Events, destinations and deliveries.
extension Simulator {
    /// Tells of a job's entry into its present phase.
    func announce(_ job: Job) {
        let (event, moment): (BatchJobEvent, SimulatedTime) =
            switch job.phase {
            case .readyForUpload: (.readyForUpload, job.created)
            case .validating(let since, _): (.validating, since)
            case .running(let run): (.updated, run.since)
            case .cancelling, .posing: (.updated, clock.now)
            case .ended(let ending): (.init(status: ending.status), ending.at)
            }
        announce(event, of: job, at: moment)
    }

    /// Tells of a new job, and of who asked for it.
    func announceCreation(of job: Job, by caller: Caller) {
        announce(.created, of: job, at: job.created, request: request(of: caller))
        announce(job)
    }

    private func announce(
        _ event: BatchJobEvent, of job: Job, at moment: SimulatedTime, request: Event.Request? = nil
    ) {
        events.emit(
            event.type,
            of: .init(id: job.id, type: "v2.core.batch_job", url: "/v2/core/batch_jobs/\(job.id)"),
            account: .init(apiKey: job.apiKey, context: job.context), livemode: job.livemode,
            created: moment, request: request, now: clock.now)
    }

    /// A caller who sends no key is given one.
    private func request(of caller: Caller) -> Event.Request {
        .init(id: caller.requestID, idempotencyKey: caller.idempotencyKey ?? random.uuid())
    }

    func event(_ id: String, caller: Caller) throws(APIError) -> JSONValue {
        pulseBriefly()
        let visible = events.log.events(of: caller.account, now: clock.now)
        guard let event = visible.first(where: { $0.id == id }) else { throw .noSuch("event", id) }
        return event.fetched
    }

    func listEvents(_ query: ListRequest, caller: Caller) throws(APIError) -> JSONValue {
        pulseBriefly()
        let filter = try EventFilter(query)
        let found = events.log.events(of: caller.account, now: clock.now).filter(filter.matches)
        return query.page(of: Array(found), number: \.number, \.fetched)
    }

    /// What is due by now has happened before anyone looks, as far as a moment's work allows.
    private func pulseBriefly() {
        for id in live { _ = workOff(id, budget: 10) }
    }

    func createDestination(_ body: JSONValue, caller: Caller) throws(APIError) -> JSONValue {
        let include = Set(body["include"]?.strings ?? [])
        let scope = caller.idempotencyKey.map {
            IdempotencyLedger.Scope(
                apiKey: caller.apiKey, context: caller.context, operation: "event_destinations", key: $0)
        }
        if let scope, let id = try idempotency.replay(scope, parameters: body, now: clock.now) {
            return try events.destination(id, account: caller.account).json(include: include, isNew: true)
        }
        let destination = events.addDestination(
            try .created(by: body), account: caller.account, livemode: caller.livemode, now: clock.now)
        if let scope {
            idempotency.remember(scope, parameters: body, jobID: destination.id, now: clock.now)
        }
        return destination.json(include: include, isNew: true)
    }

    func destination(_ id: String, include: Set<String>, caller: Caller) throws(APIError) -> JSONValue {
        try events.destination(id, account: caller.account).json(include: include)
    }

    func listDestinations(_ query: ListRequest, caller: Caller) throws(APIError) -> JSONValue {
        for (name, _) in query.filters where !name.hasPrefix("include[") {
            throw .malformed("parameter_unknown", "Received unknown parameter: \(name).")
        }
        let include = Set(query.filters.map(\.value))
        let own = events.destinations.filter { $0.account == caller.account }
        return query.page(of: own.reversed(), number: \.number) { $0.json(include: include) }
    }

    func updateDestination(_ id: String, _ body: JSONValue, caller: Caller) throws(APIError) -> JSONValue {
        let destination = try events.change(id, account: caller.account, now: clock.now) {
            destination throws(APIError) in try destination.settings.update(from: body)
        }
        return destination.json(include: Set(body["include"]?.strings ?? []))
    }

    func enableDestination(_ id: String, _ isEnabled: Bool, caller: Caller) throws(APIError) -> JSONValue {
        let destination = try events.change(id, account: caller.account, now: clock.now) {
            destination in destination.isEnabled = isEnabled
        }
        return destination.json(include: [])
    }

    func deleteDestination(_ id: String, caller: Caller) throws(APIError) -> JSONValue {
        try events.removeDestination(id, account: caller.account)
        return ["id": .string(id), "object": "v2.core.event_destination"]
    }

    func ping(_ id: String, caller: Caller) throws(APIError) -> JSONValue {
        let request = request(of: caller)
        return try events.ping(id, account: caller.account, request: request, now: clock.now).fetched
    }

    /// The next delivery that is due, if any.
    func nextParcel() -> Parcel? { events.nextParcel(now: clock.now, wall: .present) }

    func finish(_ parcel: Parcel, status: Int?) { events.finish(parcel, status: status, now: clock.now) }

    var deliveryRecord: JSONValue { events.deliveries.json }
}

extension Caller {
    var account: Event.Account { .init(apiKey: apiKey, context: context) }
}

extension JSONValue {
    fileprivate var strings: [String] {
        if case .array(let elements) = self { elements.compactMap(\.string) } else { [] }
    }
}
