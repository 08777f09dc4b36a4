/// Every event of the last thirty days.
struct EventLog: Sendable {
    static let life = SimulatedTime.Span.days(30)

    /// Oldest first.
    private var events: [Event] = []
    private var random: SeededRandom
    private var nextNumber = 0
    /// For each object, its place in the order of objects, and how many events it had.
    private var objects: [String: (ordinal: Int, count: Int)] = [:]

    init(seed: UInt64) {
        // A stream of its own: how many events there are must not change the ids of jobs.
        random = SeededRandom(seed: seed ^ Chance.digest("events"))
    }

    /// Takes down what happened.
    mutating func record(
        _ type: String, of related: Event.RelatedObject, account: Event.Account, livemode: Bool,
        created: SimulatedTime, request: Event.Request?
    ) -> Event {
        var object = objects[related.id] ?? (objects.count, 0)
        let event = Event(
            number: nextNumber, id: "evt_" + random.token(length: 48), type: type, created: created,
            account: account, livemode: livemode, related: related, request: request,
            chanceKey: "\(object.ordinal).\(object.count)")
        object.count += 1
        objects[related.id] = object
        nextNumber += 1
        events.append(event)
        return event
    }

    /// Events that the account can still see, newest first.
    func events(of account: Event.Account, now: SimulatedTime) -> some Sequence<Event> {
        events.lazy.reversed().filter { $0.account == account && now < $0.created + Self.life }
    }

    /// Forgets what no one can see any more.
    mutating func prune(now: SimulatedTime) {
        guard let oldest = events.first, now >= oldest.created + Self.life else { return }
        events.removeAll { now >= $0.created + Self.life }
    }
}

/// Which events a list shows.
struct EventFilter: Sendable {
    var objectID: String?
    /// Empty: all.
    var types: Set<String> = []
    var after: [(SimulatedTime, isInclusive: Bool)] = []
    var before: [(SimulatedTime, isInclusive: Bool)] = []

    /// Reads the filters of a query; the list's own parameters are no filters.
    init(_ query: ListRequest) throws(APIError) {
        for (name, value) in query.filters {
            switch name {
            case "object_id": objectID = value
            case "created[gt]": after.append((try Self.time(name, value), false))
            case "created[gte]": after.append((try Self.time(name, value), true))
            case "created[lt]": before.append((try Self.time(name, value), false))
            case "created[lte]": before.append((try Self.time(name, value), true))
            default:
                guard name.hasPrefix("types["), name.hasSuffix("]"), Int(name.dropFirst(6).dropLast()) != nil
                else { throw .malformed("parameter_unknown", "Received unknown parameter: \(name).") }
                types.insert(value)
            }
        }
        guard types.count <= 20 else {
            throw .malformed("parameter_invalid", "Invalid types: has more than 20 entries.")
        }
    }

    func matches(_ event: Event) -> Bool {
        guard objectID == nil || objectID == event.related.id else { return false }
        guard types.isEmpty || types.contains(event.type) else { return false }
        return after.allSatisfy { event.created > $0 || ($1 && event.created == $0) }
            && before.allSatisfy { event.created < $0 || ($1 && event.created == $0) }
    }

    private static func time(_ name: String, _ value: String) throws(APIError) -> SimulatedTime {
        guard let time = SimulatedTime(rfc3339: value) else {
            throw .malformed("parameter_invalid", "Invalid \(name): must be an RFC 3339 time.")
        }
        return time
    }
}
