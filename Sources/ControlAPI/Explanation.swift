/// Why something is in its state, and what would change that.
package struct Explanation: Codable, Hashable, Sendable {
    /// The id of what is explained.
    package var id: String
    /// Its state.
    package var state: String
    /// The rule that put it there, as a sentence.
    package var rule: String
    /// The facts that the rule was applied to, a sentence each.
    package var evidence: [String]
    /// RFC 3339, UTC: since when.
    @OrNull package var since: String?
    /// What happens next by itself, as a sentence; nil when nothing does.
    @OrNull package var next: String?
    /// RFC 3339, UTC: when that happens; nil when no time is set.
    @OrNull package var nextAt: String?
    /// Commands that would change it, ready to be typed.
    package var commands: [String]

    /// All members, in the order of the document.
    package init(
        id: String, state: String, rule: String, evidence: [String], since: String?, next: String?,
        nextAt: String?, commands: [String]
    ) {
        self.id = id
        self.state = state
        self.rule = rule
        self.evidence = evidence
        self.since = since
        self.next = next
        self.nextAt = nextAt
        self.commands = commands
    }

    enum CodingKeys: String, CodingKey {
        case id, state, rule, evidence, since, next, commands
        case nextAt = "next_at"
    }
}
