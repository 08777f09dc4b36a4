/// Stripe's batch job that carries a batch, as it was last seen.
package struct Job: Codable, Hashable, Sendable {
    /// Stripe's id, `batchv2_…`.
    package var id: String
    /// The batch that it carries.
    package var batch: String
    /// The workload that owns the batch.
    package var workload: String
    /// The queue's name.
    package var queue: String
    /// The account that it runs in, by its name in the configuration.
    package var account: String
    /// Stripe's status, in Stripe's words, also when we do not know the word.
    package var state: String
    /// How many rows were sent.
    package var rows: Int
    /// Rows that Stripe says succeeded; nil before Stripe counts.
    @OrNull package var succeeded: Int?
    /// Rows that Stripe says failed; nil before Stripe counts.
    @OrNull package var failed: Int?
    /// RFC 3339, UTC.
    package var createdAt: String
    /// RFC 3339, UTC: when it was last looked at.
    @OrNull package var seenAt: String?
    /// RFC 3339, UTC: when it will be looked at next; nil when it has ended.
    @OrNull package var nextLookAt: String?
    /// RFC 3339, UTC: nil until it has ended.
    @OrNull package var endedAt: String?

    /// All members, in the order of the document.
    package init(
        id: String, batch: String, workload: String, queue: String, account: String, state: String, rows: Int,
        succeeded: Int?, failed: Int?, createdAt: String, seenAt: String?, nextLookAt: String?,
        endedAt: String?
    ) {
        self.id = id
        self.batch = batch
        self.workload = workload
        self.queue = queue
        self.account = account
        self.state = state
        self.rows = rows
        self.succeeded = succeeded
        self.failed = failed
        self.createdAt = createdAt
        self.seenAt = seenAt
        self.nextLookAt = nextLookAt
        self.endedAt = endedAt
    }

    enum CodingKeys: String, CodingKey {
        case id, batch, workload, queue, account, state, rows, succeeded, failed
        case createdAt = "created_at"
        case seenAt = "seen_at"
        case nextLookAt = "next_look_at"
        case endedAt = "ended_at"
    }
}
