/// What a start finds of one batch, and what it would do next: a line of `batchd run --recover-only`.
package struct RecoveryDecision: Codable, Hashable, Sendable {
    /// The batch.
    package var batch: String
    /// Its job at Stripe; nil when it has none yet.
    @OrNull package var job: String?
    /// Its workload.
    package var workload: String
    /// The phase that was found on the disk.
    package var found: String
    /// The phase after the look.
    package var phase: String
    /// What Stripe said, as a few words; nil when there was nothing to ask.
    @OrNull package var stripe: String?
    /// False when it had to be asked and gave no answer.
    package var reached: Bool
    /// What is done next, as a sentence.
    package var next: String
    /// RFC 3339, UTC: until when that must be done; nil when no clock runs.
    @OrNull package var by: String?

    /// All members, in the order of the document.
    package init(
        batch: String, job: String?, workload: String, found: String, phase: String, stripe: String?,
        reached: Bool, next: String, by: String?
    ) {
        self.batch = batch
        self.job = job
        self.workload = workload
        self.found = found
        self.phase = phase
        self.stripe = stripe
        self.reached = reached
        self.next = next
        self.by = by
    }

    enum CodingKeys: String, CodingKey {
        case batch, job, workload, found, phase, stripe, reached, next, by
    }
}
