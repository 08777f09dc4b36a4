/// What a submission would do: the answer to one with `dry_run=true`. Nothing of it is kept.
package struct DryRunAnswer: Codable, Hashable, Sendable {
    /// The queue it would go to.
    package var queue: String
    /// How many rows would be accepted.
    package var rows: Int
    /// The size of what was submitted.
    package var bytes: Int
    /// The jobs that would be made, in their order.
    package var jobs: [PlannedJobs]
    /// How long Stripe would need, about, if nothing else were under way.
    package var seconds: Double
    /// Rows a second that one job is expected to make.
    package var ratePerSecond: Double
    /// `seen` of the queue's last jobs, or `assumed`: the documented default.
    package var rateIs: String
    /// How many jobs would run at once, at most.
    package var jobsAtOnce: Int
    /// Bad rows that would be left out; nil without `skip_invalid`.
    @OrNull package var skipped: SkippedRows?

    /// All members, in the order of the document.
    package init(
        queue: String, rows: Int, bytes: Int, jobs: [PlannedJobs], seconds: Double, ratePerSecond: Double,
        rateIs: String, jobsAtOnce: Int, skipped: SkippedRows?
    ) {
        self.queue = queue
        self.rows = rows
        self.bytes = bytes
        self.jobs = jobs
        self.seconds = seconds
        self.ratePerSecond = ratePerSecond
        self.rateIs = rateIs
        self.jobsAtOnce = jobsAtOnce
        self.skipped = skipped
    }

    enum CodingKeys: String, CodingKey {
        case queue, rows, bytes, jobs, seconds, skipped
        case ratePerSecond = "rate_per_second"
        case rateIs = "rate_is"
        case jobsAtOnce = "jobs_at_once"
    }
}

/// Jobs that are as large for the same reason.
package struct PlannedJobs: Codable, Hashable, Sendable {
    /// How many.
    package var jobs: Int
    /// The rows of all of them.
    package var rows: Int
    /// The most rows of one.
    package var rowsEach: Int
    /// The bytes of all their files, about.
    package var bytes: Int
    /// What keeps one from being larger: `canary`, `processing_time`, `upload_window`, `max_rows_per_job`,
    /// `max_bytes_per_job`; nil for the last job, which has what is left.
    @OrNull package var limit: String?

    /// All members.
    package init(jobs: Int, rows: Int, rowsEach: Int, bytes: Int, limit: String?) {
        self.jobs = jobs
        self.rows = rows
        self.rowsEach = rowsEach
        self.bytes = bytes
        self.limit = limit
    }

    enum CodingKeys: String, CodingKey {
        case jobs, rows, bytes, limit
        case rowsEach = "rows_each"
    }
}

/// Bad rows that a submission with `skip_invalid=true` leaves out.
package struct SkippedRows: Codable, Hashable, Sendable {
    /// How many.
    package var rows: Int
    /// The first of them, `ErrorDetail.maxDetails` at most.
    package var details: [BadLine]

    /// All members.
    package init(rows: Int, details: [BadLine]) {
        self.rows = rows
        self.details = details
    }

    enum CodingKeys: String, CodingKey {
        case rows, details
    }
}
