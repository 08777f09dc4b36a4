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

    func createDestination(_ body: JSONValue, caller: Caller) throws(APIError) -> Answer {
        let include = Set(body["include"]?.strings ?? [])
        let (id, isReplay) = try once("event_destinations", body, by: caller) {
            () throws(APIError) -> String in
            let settings = try DestinationSettings.created(by: body, livemode: caller.livemode)
            return events.addDestination(
                settings, account: caller.account, livemode: caller.livemode, now: clock.now
            ).id
        }
        let destination = try events.destination(id, account: caller.account)
        return Answer(body: destination.json(include: include, isNew: true), isReplay: isReplay)
    }

    /// Does what a call asks for, unless its idempotency key says that this was done; true then.
    ///
    /// - Parameter work: Returns the id of what it made or changed.
    private func once(
        _ operation: String, _ parameters: JSONValue, by caller: Caller,
        _ work: () throws(APIError) -> String
    ) throws(APIError) -> (id: String, isReplay: Bool) {
        let scope = scope(caller, operation)
        if let scope, let id = try idempotency.replay(scope, parameters: parameters, now: clock.now) {
            return (id, true)
        }
        let id = try work()
        if let scope { idempotency.remember(scope, parameters: parameters, objectID: id, now: clock.now) }
        return (id, false)
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

    func updateDestination(_ id: String, _ body: JSONValue, caller: Caller) throws(APIError) -> Answer {
        try changeDestination(id, "update", body, caller: caller) { destination throws(APIError) in
            try destination.settings.update(from: body, livemode: destination.livemode)
        }
    }

    func enableDestination(_ id: String, _ isEnabled: Bool, caller: Caller) throws(APIError) -> Answer {
        try changeDestination(id, isEnabled ? "enable" : "disable", [:], caller: caller) {
            destination in destination.isEnabled = isEnabled
        }
    }

    private func changeDestination(
        _ id: String, _ operation: String, _ body: JSONValue, caller: Caller,
        _ change: (inout EventDestination) throws(APIError) -> Void
    ) throws(APIError) -> Answer {
        let parameters: JSONValue = ["id": .string(id), "body": body]
        let (_, isReplay) = try once("event_destinations/" + operation, parameters, by: caller) {
            () throws(APIError) -> String in
            _ = try events.change(id, account: caller.account, now: clock.now, change)
            return id
        }
        // Of a call made before, the answer is the object as it is by now.
        let destination = try events.destination(id, account: caller.account)
        return Answer(
            body: destination.json(include: Set(body["include"]?.strings ?? [])), isReplay: isReplay)
    }

    func deleteDestination(_ id: String, caller: Caller) throws(APIError) -> Answer {
        let (_, isReplay) = try once("event_destinations/delete", ["id": .string(id)], by: caller) {
            () throws(APIError) -> String in
            try events.removeDestination(id, account: caller.account)
            return id
        }
        return Answer(
            body: ["id": .string(id), "object": "v2.core.event_destination"], isReplay: isReplay)
    }

    func ping(_ id: String, caller: Caller) throws(APIError) -> Answer {
        let (event, isReplay) = try once("event_destinations/ping", ["id": .string(id)], by: caller) {
            () throws(APIError) -> String in
            let request = request(of: caller)
            return try events.ping(id, account: caller.account, request: request, now: clock.now).id
        }
        return Answer(body: try self.event(event, caller: caller), isReplay: isReplay)
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
