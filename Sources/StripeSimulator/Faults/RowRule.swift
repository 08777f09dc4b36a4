/// What goes wrong with some of the rows.
///
/// The first rule that applies to a row counts.
struct RowRule: Codable, Equatable, Sendable {
    /// For people; it also tells rules of equal shares apart.
    var name: String?
    /// Part of all row ids, chosen by a hash of seed, name and id: 0.05 is one in twenty.
    var share: Double?
    /// Exactly these rows.
    var ids: [String]?
    /// Rows whose id begins so.
    var prefix: String?
    /// How often it strikes the same row; without it, always.
    var times: Int?
    /// The row is answered with this status instead of its true one.
    var status: Int?
    var type: String?
    var code: String?
    var message: String?
    var declineCode: String?
    var adviceCode: String?
    /// With `status`: the row takes effect all the same.
    ///
    /// False without it.
    var executed: Bool?
    /// What becomes of the result line.
    var line: LineFault?

    /// What becomes of a row's result line.
    enum LineFault: String, Choice, Sendable {
        case missing, duplicate, garbage, truncated, foreign
    }

    enum CodingKeys: String, CodingKey, CaseIterable {
        case name, share, ids, prefix, times, status, type, code, message
        case declineCode = "decline_code"
        case adviceCode = "advice_code"
        case executed, line
    }

    /// The v1 error that a struck row is answered with.
    var errorBody: String {
        var members = ["\"type\":" + JSONText.quoted(type ?? defaultType)]
        if let code = code ?? defaultCode { members.append("\"code\":" + JSONText.quoted(code)) }
        members.append("\"message\":" + JSONText.quoted(message ?? "Injected by the scenario."))
        if let declineCode { members.append("\"decline_code\":" + JSONText.quoted(declineCode)) }
        if let adviceCode { members.append("\"advice_code\":" + JSONText.quoted(adviceCode)) }
        return "{\"error\":{" + members.joined(separator: ",") + "}}"
    }

    private var defaultType: String {
        switch status ?? 0 {
        case 402: "card_error"
        case 500...: "api_error"
        default: "invalid_request_error"
        }
    }

    private var defaultCode: String? {
        switch status ?? 0 {
        case 402: "card_declined"
        case 404: "resource_missing"
        case 409: "lock_timeout"
        case 429: "rate_limit"
        default: nil
        }
    }
}

/// The row rules in force, and how often each has struck.
struct RowRules {
    private let seed: UInt64
    private let path: String
    private var rules: [(rule: RowRule, salt: UInt64, ids: Set<String>)] = []
    /// How often a rule has struck a row, for rules that don't strike for ever.
    private var struck: DigestTable?

    /// - Parameter path: What must be remembered of rows lies beside this file.
    init(seed: UInt64, rules: [RowRule] = [], path: String) {
        self.seed = seed
        self.path = path
        for rule in rules { add(rule) }
    }

    var all: [RowRule] { rules.map(\.rule) }

    mutating func add(_ rule: RowRule) {
        let name = rule.name ?? "rule \(rules.count)"
        rules.append((rule, Chance.mix(seed ^ Chance.digest(name)), Set(rule.ids ?? [])))
    }

    /// The rule that strikes this execution of `row`, if any.
    mutating func strike(row: String, digest: UInt64) throws -> RowRule? {
        for (index, (rule, salt, ids)) in rules.enumerated() {
            guard applies(rule, salt: salt, ids: ids, row, digest) else { continue }
            guard let times = rule.times else { return rule }
            let table = try struck ?? DigestTable(beside: path)
            struck = table
            let place = Chance.mix(UInt64(index)) ^ digest
            if try table.update(place, { ($0 ?? 0) + 1 }) ?? 0 < UInt64(max(times, 0)) { return rule }
        }
        return nil
    }

    private func applies(
        _ rule: RowRule, salt: UInt64, ids: Set<String>, _ row: String, _ digest: UInt64
    ) -> Bool {
        if rule.ids != nil { return ids.contains(row) }
        if let prefix = rule.prefix, !row.hasPrefix(prefix) { return false }
        guard let share = rule.share else { return rule.prefix != nil }
        return Chance.share(salt, digest) < share
    }
}
