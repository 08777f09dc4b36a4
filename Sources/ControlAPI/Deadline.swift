/// A moment by which something must have happened, or at which something will.
package struct Deadline: Codable, Hashable, Sendable {
    /// What is due, in a few words: `upload window closes`, `look at the job`, `results expire`, ….
    package var what: String
    /// The id of what it is about: a workload, batch or job.
    package var subject: String
    /// The batch, when it is about one.
    @OrNull package var batch: String?
    /// Stripe's job, when it is about one.
    @OrNull package var job: String?
    /// The workload, when it is about one.
    @OrNull package var workload: String?
    /// RFC 3339, UTC.
    package var at: String
    /// Seconds left, when the answer was made; negative when it has passed.
    package var slackSeconds: Double
    /// How near it is: `ok`, `soon`, `urgent` or `missed`.
    package var state: String

    /// All members, in the order of the document.
    package init(
        what: String, subject: String, batch: String?, job: String?, workload: String?, at: String,
        slackSeconds: Double, state: String
    ) {
        self.what = what
        self.subject = subject
        self.batch = batch
        self.job = job
        self.workload = workload
        self.at = at
        self.slackSeconds = slackSeconds
        self.state = state
    }

    enum CodingKeys: String, CodingKey {
        case what, subject, batch, job, workload, at, state
        case slackSeconds = "slack_seconds"
    }
}
