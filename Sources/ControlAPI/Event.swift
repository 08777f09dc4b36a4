/// One line of the append-only history.
package struct Event: Codable, Hashable, Sendable {
    /// Grows by one or more from event to event.
    package var seq: Int
    /// RFC 3339, UTC.
    package var at: String
    /// What happened, as one word or a few joined by `_`.
    package var kind: String
    /// The workload that it happened to.
    @OrNull package var workload: String?
    /// The batch that it happened to.
    @OrNull package var batch: String?
    /// Stripe's job that it happened to.
    @OrNull package var job: String?
    /// A sentence for people.
    package var message: String
    /// The user who asked for it; null when the daemon did it by itself.
    @OrNull package var uid: Int?
    /// That user's name, if there still is one.
    @OrNull package var user: String?

    /// All members, in the order of the document.
    package init(
        seq: Int, at: String, kind: String, workload: String?, batch: String?, job: String?, message: String,
        uid: Int? = nil, user: String? = nil
    ) {
        self.seq = seq
        self.at = at
        self.kind = kind
        self.workload = workload
        self.batch = batch
        self.job = job
        self.message = message
        self.uid = uid
        self.user = user
    }

    enum CodingKeys: String, CodingKey {
        case seq, at, kind, workload, batch, job, message, uid, user
    }
}
