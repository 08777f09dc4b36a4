/// What goes wrong with the delivery of events.
///
/// The first rule that an event's type fits counts. Chances are drawn for each event and target,
/// so that they come out the same whenever the seed does.
struct EventFault: Codable, Equatable, Sendable {
    /// Event types it strikes, such as `v2.core.batch_job.completed`; without it, all.
    var types: [String]?
    /// The chance that an event is never pushed; it can still be listed.
    var drop: Double?
    /// The chance that the same event is pushed twice.
    var duplicate: Double?
    /// The chance that there are two events, with ids of their own, for one change.
    var twin: Double?
    /// The chance that an attempt is signed with another secret.
    var badSignature: Double?
    /// The chance that an attempt carries a timestamp of ten minutes ago, rightly signed.
    var staleSignature: Double?
    /// Simulated seconds that each push is late.
    var delaySeconds: Double?
    /// Up to so many simulated seconds more, for each push by chance: the order is lost.
    var shuffleSeconds: Double?

    enum CodingKeys: String, CodingKey, CaseIterable {
        case types, drop, duplicate, twin
        case badSignature = "bad_signature"
        case staleSignature = "stale_signature"
        case delaySeconds = "delay_seconds"
        case shuffleSeconds = "shuffle_seconds"
    }

    func strikes(_ type: String) -> Bool { types?.contains(type) ?? true }
}

/// The event faults in force.
struct EventFaults: Sendable {
    private let seed: UInt64
    private(set) var all: [EventFault]

    init(seed: UInt64, faults: [EventFault] = []) {
        self.seed = seed
        all = faults
    }

    mutating func add(_ fault: EventFault) { all.append(fault) }

    /// The rule that this event falls under.
    func rule(for type: String) -> EventFault? { all.first { $0.strikes(type) } }

    /// Whether a chance comes true for what `key` names.
    func strikes(_ chance: Double?, _ name: String, _ key: String) -> Bool {
        guard let chance else { return false }
        return share(name, key) < chance
    }

    /// A number in 0..<1 that belongs to a name and a key.
    func share(_ name: String, _ key: String) -> Double {
        Chance.share(seed ^ Chance.digest("event " + name), Chance.digest(key))
    }
}
