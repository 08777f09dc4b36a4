/// Which rows a person decides about.
package struct DecisionRequest: Codable, Hashable, Sendable {
    /// Their ids; nil for all that are in the state.
    package var rows: [String]?

    /// These rows, or all.
    package init(rows: [String]?) { self.rows = rows }
}

/// What a decision came to.
package struct DecisionAnswer: Codable, Hashable, Sendable {
    /// How many rows it was about.
    package var rows: Int
    /// How many of them are sent again although a person had given them up; nil when none is sent, and from
    /// daemons that do not tell.
    package var givenUpBefore: Int?
    /// Their workload, after it.
    package var workload: Workload

    /// All members.
    package init(rows: Int, givenUpBefore: Int? = nil, workload: Workload) {
        self.rows = rows
        self.givenUpBefore = givenUpBefore
        self.workload = workload
    }

    enum CodingKeys: String, CodingKey {
        case rows, workload
        case givenUpBefore = "given_up_before"
    }
}

/// What a person has stopped: everything, a queue, or a workload.
package struct PauseNotice: Codable, Hashable, Sendable {
    /// `ALL`, a queue's name, or a workload's id.
    package var what: String
    /// Why, in that person's words.
    @OrNull package var reason: String?
    /// RFC 3339, UTC.
    package var since: String
    /// RFC 3339, UTC: when it ends by itself; nil when a person must end it.
    @OrNull package var until: String?
    /// The command that ends it, ready to be typed.
    package var command: String
    /// The user who stopped it; nil when that is not known, and from daemons that do not tell.
    package var user: String?

    /// All members.
    package init(
        what: String, reason: String?, since: String, until: String?, command: String, user: String? = nil
    ) {
        self.user = user
        self.what = what
        self.reason = reason
        self.since = since
        self.until = until
        self.command = command
    }
}
