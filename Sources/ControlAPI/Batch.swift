/// Our unit: a set of one workload's rows that travels as one input file.
package struct Batch: Codable, Hashable, Sendable {
    /// `b34`.
    package var id: String
    /// The workload that owns its rows.
    package var workload: String
    /// The queue's name.
    package var queue: String
    /// The phase: `staging`, `staged`, `creating`, `awaiting_upload`, `uploading`, `processing`,
    /// `collecting`, `archived`, `settled` or `released`.
    package var state: String
    /// Why it is in this state: set when it was released.
    @OrNull package var reason: String?
    /// How many rows it carries.
    package var rows: Int
    /// The length of its input file; nil until that is written.
    @OrNull package var bytes: Int?
    /// The SHA-256 of its input file in lower-case hex; nil until that is written.
    @OrNull package var sha256: String?
    /// Stripe's job; nil until it exists.
    @OrNull package var job: String?
    /// RFC 3339, UTC.
    package var createdAt: String
    /// RFC 3339, UTC: since when it has been in this state.
    @OrNull package var since: String?
    /// RFC 3339, UTC: when something happens to it next by itself; nil when it waits for something else.
    @OrNull package var nextAt: String?

    /// All members, in the order of the document.
    package init(
        id: String, workload: String, queue: String, state: String, reason: String?, rows: Int, bytes: Int?,
        sha256: String?, job: String?, createdAt: String, since: String?, nextAt: String?
    ) {
        self.id = id
        self.workload = workload
        self.queue = queue
        self.state = state
        self.reason = reason
        self.rows = rows
        self.bytes = bytes
        self.sha256 = sha256
        self.job = job
        self.createdAt = createdAt
        self.since = since
        self.nextAt = nextAt
    }

    enum CodingKeys: String, CodingKey {
        case id, workload, queue, state, reason, rows, bytes, sha256, job, since
        case createdAt = "created_at"
        case nextAt = "next_at"
    }
}
