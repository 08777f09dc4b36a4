/// How many rows are in each state: the six add up to `total`.
package struct RowCounts: Codable, Hashable, Sendable {
    /// Rows accepted.
    package var total: Int
    /// Waiting for a batch.
    package var queued: Int
    /// Travelling in a batch.
    package var inFlight: Int
    /// Done, as Stripe's answer says.
    package var succeeded: Int
    /// Given up: refused, or out of attempts.
    package var failed: Int
    /// Waiting for a person.
    package var held: Int
    /// Given up by a person before they ran.
    package var canceled: Int

    /// All members.
    package init(
        total: Int, queued: Int, inFlight: Int, succeeded: Int, failed: Int, held: Int, canceled: Int
    ) {
        self.total = total
        self.queued = queued
        self.inFlight = inFlight
        self.succeeded = succeeded
        self.failed = failed
        self.held = held
        self.canceled = canceled
    }

    /// Rows that have their final outcome.
    package var ended: Int { succeeded + failed + canceled }

    enum CodingKeys: String, CodingKey {
        case total, queued, succeeded, failed, held, canceled
        case inFlight = "in_flight"
    }
}
