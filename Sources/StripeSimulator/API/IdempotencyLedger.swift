/// Remembers what each idempotency key did, by the rules of v2.
///
/// A key counts within one API call of one account for 30 days. Only a success is remembered:
/// a failed call is worked again. A replay is answered with the object as it is by then.
struct IdempotencyLedger: Sendable {
    static let window = SimulatedTime.Span.days(30)

    /// Which call of which account a key belongs to.
    struct Scope: Hashable, Sendable {
        let apiKey: String
        let context: String?
        let operation: String
        let key: String
    }

    private struct Entry {
        let parameters: JSONValue
        let objectID: String
        let at: SimulatedTime
    }

    private var entries: [Scope: Entry] = [:]

    /// What this key made or changed before; nil when the call is new.
    func replay(_ scope: Scope, parameters: JSONValue, now: SimulatedTime) throws(APIError) -> String? {
        guard let entry = entries[scope], now < entry.at + Self.window else { return nil }
        guard entry.parameters == parameters else { throw .idempotencyMismatch }
        return entry.objectID
    }

    mutating func remember(_ scope: Scope, parameters: JSONValue, objectID: String, now: SimulatedTime) {
        entries[scope] = Entry(parameters: parameters, objectID: objectID, at: now)
    }
}
