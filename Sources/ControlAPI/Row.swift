/// One row as `rows` and `results` list it, without its `input`.
///
/// The lines also carry `input`: the submitted object, byte for byte. It is
/// no member here, because decoding it would lose that form: the daemon
/// splices it in raw, and clients pass whole lines on unread.
package struct Row: Codable, Hashable, Sendable {
    /// The id that the submitter gave it, which is the id that Stripe sees.
    package var row: String
    /// `queued`, `in_flight`, `succeeded`, `failed`, `held` or `canceled`.
    package var state: String
    /// How many attempts it has spent.
    package var attempts: Int
    /// The HTTP status of its last result; nil when there is none.
    @OrNull package var status: Int?
    /// Stripe's error, when its last result was one.
    @OrNull package var error: RowError?
    /// Why it is held or failed: `refused`, `attempts_exhausted`, `unknown_outcome`, ….
    @OrNull package var reason: String?
    /// The batch of its last attempt.
    @OrNull package var batch: String?
    /// Stripe's job of its last attempt.
    @OrNull package var job: String?
    /// The row that goes before it because both act on the same object; only in rows that wait for that.
    package var waitsFor: RowReference?

    /// All members, in the order of the document.
    package init(
        row: String, state: String, attempts: Int, status: Int?, error: RowError?, reason: String?,
        batch: String?, job: String?, waitsFor: RowReference? = nil
    ) {
        self.row = row
        self.state = state
        self.attempts = attempts
        self.status = status
        self.error = error
        self.reason = reason
        self.batch = batch
        self.job = job
        self.waitsFor = waitsFor
    }

    enum CodingKeys: String, CodingKey {
        case row, state, attempts, status, error, reason, batch, job
        case waitsFor = "waits_for"
    }
}

/// A row of any workload.
package struct RowReference: Codable, Hashable, Sendable {
    /// `w12`.
    package var workload: String
    /// The row's id.
    package var row: String

    /// All members.
    package init(workload: String, row: String) {
        self.workload = workload
        self.row = row
    }

    enum CodingKeys: String, CodingKey {
        case workload, row
    }
}

/// What Stripe said about a row that it did not carry out.
package struct RowError: Codable, Hashable, Sendable {
    /// Stripe's error type: `invalid_request_error`, ….
    @OrNull package var type: String?
    /// Stripe's error code: `resource_missing`, ….
    @OrNull package var code: String?
    /// Stripe's message.
    @OrNull package var message: String?

    /// All members.
    package init(type: String?, code: String?, message: String?) {
        self.type = type
        self.code = code
        self.message = message
    }

    enum CodingKeys: String, CodingKey {
        case type, code, message
    }
}
