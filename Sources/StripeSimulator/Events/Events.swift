/// All that has to do with events: what happened, who wants to know, and what is on its way.
struct Events: Sendable {
    private(set) var log: EventLog
    private(set) var destinations: [EventDestination] = []
    private(set) var deliveries = Deliveries()
    var faults: EventFaults
    private var random: SeededRandom
    private var nextDestination = 0

    init(seed: UInt64, faults: [EventFault], webhook: Webhook?, now: SimulatedTime) {
        log = EventLog(seed: seed)
        self.faults = EventFaults(seed: seed, faults: faults)
        random = SeededRandom(seed: seed ^ Chance.digest("destinations"))
        guard let webhook else { return }
        var settings = DestinationSettings()
        settings.name = "--webhook"
        settings.url = webhook.url
        add(id: "webhook", settings, account: nil, livemode: false, secret: webhook.secret, now: now)
    }

    /// Takes down what happened, and sends it on its way.
    mutating func emit(
        _ type: String, of related: Event.RelatedObject, account: Event.Account, livemode: Bool,
        created: SimulatedTime, request: Event.Request? = nil, now: SimulatedTime
    ) {
        log.prune(now: now)
        let event = log.record(
            type, of: related, account: account, livemode: livemode, created: created, request: request)
        for destination in destinations where destination.wants(event) {
            dispatch(event, to: destination, now)
        }
        guard faults.strikes(faults.rule(for: type)?.twin, "twin", event.chanceKey) else { return }
        let twin = log.record(
            type, of: related, account: account, livemode: livemode, created: created, request: request)
        for destination in destinations where destination.wants(twin) { dispatch(twin, to: destination, now) }
    }

    private mutating func dispatch(_ event: Event, to destination: EventDestination, _ now: SimulatedTime) {
        let rule = faults.rule(for: event.type)
        var delivery = Delivery(event: event, destinationID: destination.id, due: now, begun: now)
        let key = delivery.chanceKey(destination)
        guard !faults.strikes(rule?.drop, "drop", key) else { return }
        let isTwice = faults.strikes(rule?.duplicate, "duplicate", key)
        for isDuplicate in isTwice ? [false, true] : [false] {
            delivery.isDuplicate = isDuplicate
            let part = faults.share("shuffle", delivery.chanceKey(destination))
            delivery.due =
                now + .seconds(rule?.delaySeconds ?? 0) + .seconds(part * (rule?.shuffleSeconds ?? 0))
            deliveries.add(delivery)
        }
    }

    /// The next attempt that is due, signed afresh.
    ///
    /// - Parameter wall: The machine's own time: a receiver compares the signature's with that.
    mutating func nextParcel(now: SimulatedTime, wall: SimulatedTime) -> Parcel? {
        let enabled = Set(destinations.filter(\.isEnabled).map(\.id))
        guard let delivery = deliveries.next(now: now, canDeliver: enabled.contains),
            let destination = destinations.first(where: { $0.id == delivery.destinationID })
        else { return nil }
        let rule = faults.rule(for: delivery.event.type)
        let key = delivery.chanceKey(destination)
        let isBad = faults.strikes(rule?.badSignature, "bad_signature", key)
        let isStale = faults.strikes(rule?.staleSignature, "stale_signature", key)
        let body = delivery.event.pushed.bytes
        let signature = WebhookSignature.header(
            secret: isBad ? "whsec_of_someone_else" : destination.secret,
            timestamp: wall.unixSeconds - (isStale ? 600 : 0), body: body)
        return Parcel(delivery: delivery, url: destination.settings.url, body: body, signature: signature)
    }

    mutating func finish(_ parcel: Parcel, status: Int?, now: SimulatedTime) {
        deliveries.finish(parcel.delivery, status: status, now: now)
    }

    // MARK: Destinations

    func destination(_ id: String, account: Event.Account) throws(APIError) -> EventDestination {
        try destinations[index(id, account)]
    }

    mutating func addDestination(
        _ settings: DestinationSettings, account: Event.Account, livemode: Bool, now: SimulatedTime
    ) -> EventDestination {
        let id = "ed_" + (livemode ? "" : "test_") + random.token(length: 44)
        add(
            id: id, settings, account: account, livemode: livemode,
            secret: "whsec_" + random.token(length: 32), now: now)
        return destinations[destinations.count - 1]
    }

    private mutating func add(
        id: String, _ settings: DestinationSettings, account: Event.Account?, livemode: Bool,
        secret: String, now: SimulatedTime
    ) {
        destinations.append(
            EventDestination(
                id: id, number: nextDestination, account: account, livemode: livemode, created: now,
                secret: secret, updated: now, settings: settings))
        nextDestination += 1
    }

    /// Changes a destination, and returns it as it is then.
    mutating func change(
        _ id: String, account: Event.Account, now: SimulatedTime,
        _ body: (inout EventDestination) throws(APIError) -> Void
    ) throws(APIError) -> EventDestination {
        let index = try index(id, account)
        var destination = destinations[index]
        try body(&destination)
        destination.updated = now
        destinations[index] = destination
        return destination
    }

    mutating func removeDestination(_ id: String, account: Event.Account) throws(APIError) {
        destinations.remove(at: try index(id, account))
        deliveries.drop(destination: id)
    }

    /// Sends a ping to one destination, whatever else it wants to hear of.
    mutating func ping(
        _ id: String, account: Event.Account, request: Event.Request, now: SimulatedTime
    ) throws(APIError) -> Event {
        let destination = try destination(id, account: account)
        let event = log.record(
            "v2.core.event_destination.ping", of: destination.related, account: account,
            livemode: destination.livemode, created: now, request: request)
        dispatch(event, to: destination, now)
        return event
    }

    private func index(_ id: String, _ account: Event.Account) throws(APIError) -> Int {
        guard let index = destinations.firstIndex(where: { $0.id == id && $0.account == account }) else {
            throw .noSuch("event destination", id)
        }
        return index
    }
}
