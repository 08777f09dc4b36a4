/// One event on its way to one destination.
struct Delivery: Sendable {
    let event: Event
    let destinationID: String
    /// The first is 1.
    var attempt = 1
    /// When the next attempt is made.
    var due: SimulatedTime
    let begun: SimulatedTime
    /// The second push of the same event.
    var isDuplicate = false

    /// What chances of this attempt are drawn for.
    func chanceKey(_ destination: EventDestination) -> String {
        "\(event.chanceKey) \(destination.number) \(attempt) \(isDuplicate)"
    }

    /// When to try again after this attempt failed; nil when it was the last.
    ///
    /// A live destination is tried for three days, ever more rarely; a sandbox's three times more
    /// within hours. The exact steps are ours.
    func nextAttempt(after now: SimulatedTime) -> SimulatedTime? {
        guard event.livemode else {
            let pauses: [SimulatedTime.Span] = [.minutes(5), .hours(1), .hours(3)]
            return attempt <= pauses.count ? now + pauses[attempt - 1] : nil
        }
        let next = now + min(.minutes(Double(1 << min(attempt - 1, 12))), .hours(12))
        return next < begun + .days(3) ? next : nil
    }
}

/// One attempt, ready to be sent.
struct Parcel: Sendable {
    let delivery: Delivery
    let url: String
    let body: [UInt8]
    let signature: String
}

/// Deliveries that wait for their time, and what became of the others.
struct Deliveries: Sendable {
    private var waiting: [Delivery] = []
    /// Destinations that are being talked to: one attempt at a time, so that order is kept.
    private var busy: Set<String> = []
    private var record: [JSONValue] = []

    mutating func add(_ delivery: Delivery) { waiting.append(delivery) }

    /// The attempt to make now, if any; its destination is busy until `finish`.
    mutating func next(now: SimulatedTime, canDeliver: (String) -> Bool) -> Delivery? {
        var best: Int?
        for (index, delivery) in waiting.enumerated() {
            guard delivery.due <= now, best.map({ delivery.due < waiting[$0].due }) ?? true,
                !busy.contains(delivery.destinationID), canDeliver(delivery.destinationID)
            else { continue }
            best = index
        }
        guard let best else { return nil }
        busy.insert(waiting[best].destinationID)
        return waiting.remove(at: best)
    }

    /// Takes note of how an attempt ended.
    ///
    /// - Parameter status: What the receiver answered; nil when it did not.
    mutating func finish(_ delivery: Delivery, status: Int?, now: SimulatedTime) {
        // After a reset, no one waits for the answer any more.
        guard busy.remove(delivery.destinationID) != nil else { return }
        record.append([
            "event": .string(delivery.event.id),
            "type": .string(delivery.event.type),
            "object": .string(delivery.event.related.id),
            "destination": .string(delivery.destinationID),
            "attempt": .integer(Int64(delivery.attempt)),
            "status": status.map { .integer(Int64($0)) } ?? .null,
            "at": .string(now.rfc3339),
        ])
        if record.count > 2000 { record.removeFirst(1000) }
        if let status, (200..<300).contains(status) { return }
        guard let due = delivery.nextAttempt(after: now) else { return }
        var again = delivery
        again.attempt += 1
        again.due = due
        waiting.append(again)
    }

    mutating func drop(destination: String) { waiting.removeAll { $0.destinationID == destination } }

    /// The last attempts, oldest first, and how many are still to be made.
    var json: JSONValue {
        ["attempts": .array(record), "waiting": .integer(Int64(waiting.count + busy.count))]
    }
}
