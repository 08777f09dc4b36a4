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
    enum LineFault: String, Codable, Sendable, CaseIterable {
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
struct RowRules: Sendable {
    private let seed: UInt64
    private var rules: [(rule: RowRule, salt: UInt64, ids: Set<String>, struck: [UInt64: Int])] = []

    init(seed: UInt64, rules: [RowRule] = []) {
        self.seed = seed
        for rule in rules { add(rule) }
    }

    var all: [RowRule] { rules.map(\.rule) }

    mutating func add(_ rule: RowRule) {
        let name = rule.name ?? "rule \(rules.count)"
        rules.append((rule, Chance.mix(seed ^ Chance.digest(name)), Set(rule.ids ?? []), [:]))
    }

    /// The rule that strikes this execution of `row`, if any.
    mutating func strike(row: String, digest: UInt64) -> RowRule? {
        for index in rules.indices {
            guard applies(rules[index].rule, salt: rules[index].salt, ids: rules[index].ids, row, digest)
            else { continue }
            if let times = rules[index].rule.times {
                let struck = rules[index].struck[digest, default: 0]
                guard struck < times else { continue }
                rules[index].struck[digest] = struck + 1
            }
            return rules[index].rule
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
