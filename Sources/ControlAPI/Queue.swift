/// A configured lane: one endpoint of one account, and what is in it.
package struct Queue: Codable, Hashable, Sendable {
    /// Its name in the configuration.
    package var name: String
    /// The account's name in the configuration.
    package var account: String
    /// `POST /v1/customers/:customer`.
    package var endpoint: String
    /// `idle`, `running` or `paused`.
    package var state: String
    /// Why it is in this state: set when it is paused.
    @OrNull package var reason: String?
    /// When it begins jobs, `22:00-06:00 Europe/Paris`; nil for at any time.
    @OrNull package var window: String?
    /// RFC 3339, UTC: when the window opens next; nil while it is open, or when there is none.
    @OrNull package var opensAt: String?
    /// A greater one goes first.
    package var priority: Int
    /// Workloads that have not ended.
    package var workloads: Int
    /// The rows of those workloads.
    package var rows: RowCounts
    /// Its jobs at Stripe, counted.
    package var jobs: JobCounts

    /// All members, in the order of the document.
    package init(
        name: String, account: String, endpoint: String, state: String, reason: String?,
        window: String? = nil, opensAt: String? = nil, priority: Int, workloads: Int, rows: RowCounts,
        jobs: JobCounts
    ) {
        self.name = name
        self.account = account
        self.endpoint = endpoint
        self.state = state
        self.reason = reason
        self.window = window
        self.opensAt = opensAt
        self.priority = priority
        self.workloads = workloads
        self.rows = rows
        self.jobs = jobs
    }

    enum CodingKeys: String, CodingKey {
        case name, account, endpoint, state, reason, window, priority, workloads, rows, jobs
        case opensAt = "opens_at"
    }
}

/// How many jobs are at Stripe, and how many may be.
package struct JobCounts: Codable, Hashable, Sendable {
    /// Created, and not yet ended.
    package var active: Int
    /// The most that may be active at once.
    package var limit: Int

    /// All members.
    package init(active: Int, limit: Int) {
        self.active = active
        self.limit = limit
    }

    enum CodingKeys: String, CodingKey {
        case active, limit
    }
}
