/// Where a row stands. At every commit the counts of the six add up to the rows accepted.
package enum RowState: String, CaseIterable, Sendable {
    /// It waits for a batch.
    case queued
    /// It travels in a batch.
    case inFlight = "in_flight"
    /// Stripe carried it out.
    case succeeded
    /// Given up: refused, or out of attempts.
    case failed
    /// It waits for a person.
    case held
    /// A person gave it up before it ran.
    case canceled
}
