/// A job that a submission would make.
package struct PlannedJob: Hashable, Sendable {
    /// How many rows it carries.
    package var rows: Int64
    /// The size of its file, about.
    package var bytes: Int64
    /// What keeps it from being larger; nil for the last one, which has what is left.
    package var limit: BatchSize.Limit?

    /// A job.
    package init(rows: Int64, bytes: Int64, limit: BatchSize.Limit?) {
        self.rows = rows
        self.bytes = bytes
        self.limit = limit
    }
}

/// What would become of a submission, if nothing else were under way and no row failed.
package struct SubmissionPlan: Hashable, Sendable {
    /// Jobs that are as large for the same reason.
    package struct Group: Hashable, Sendable {
        /// How many.
        package var jobs: Int64
        /// Rows and bytes of all of them.
        package var rows: Int64, bytes: Int64
        /// The most rows of one.
        package var largest: Int64
        /// What keeps them from being larger; nil for the last job.
        package var limit: BatchSize.Limit?
    }

    /// All rows.
    package var rows: Int64
    /// Bytes of what was submitted.
    package var bytes: Int64
    /// The jobs, in their order.
    package var groups: [Group]
    /// How long Stripe needs, about.
    package var time: Duration
    /// Rows a second that one job is expected to make.
    package var rowRate: Double
    /// True when that was seen of the queue's last jobs; else it is the documented default.
    package var isSeen: Bool
    /// How many jobs run at once.
    package var lanes: Int

    /// Groups the jobs, as far as they were planned: those behind them are taken to be like the last that is whole.
    package init(
        rows: Int64, bytes: Int64, jobs: [PlannedJob], lanes: Int, seen: BatchSize.Seen, limits: Limits
    ) {
        self.rows = rows
        self.bytes = bytes
        self.lanes = max(1, lanes)
        rowRate = max(seen.rowRate ?? limits.assumedRowRate, 1e-9)
        isSeen = seen.rowRate != nil
        groups = []
        for job in jobs { Self.add(job, times: 1, to: &groups) }
        let left = rows - jobs.reduce(0) { $0 + $1.rows }
        if left > 0, let last = jobs.last {
            let more = (left + last.rows - 1) / last.rows
            Self.add(
                PlannedJob(rows: last.rows, bytes: last.bytes, limit: last.limit), times: more, to: &groups)
            groups[groups.count - 1].rows -= more * last.rows - left
        }
        time = .zero
        time = duration(of: jobs) + .seconds(Double(max(0, left)) / rowRate / Double(self.lanes))
    }

    private static func add(_ job: PlannedJob, times: Int64, to groups: inout [Group]) {
        if let last = groups.indices.last, groups[last].limit == job.limit {
            groups[last].jobs += times
            groups[last].rows += job.rows * times
            groups[last].bytes += job.bytes * times
            groups[last].largest = max(groups[last].largest, job.rows)
        } else {
            groups.append(
                Group(
                    jobs: times, rows: job.rows * times, bytes: job.bytes * times, largest: job.rows,
                    limit: job.limit))
        }
    }

    /// The canary alone, then each job in the lane that comes free first.
    private func duration(of jobs: [PlannedJob]) -> Duration {
        var jobs = jobs[...]
        var start = 0.0
        if let canary = jobs.first, canary.limit == .canary {
            start = Double(canary.rows) / rowRate
            jobs = jobs.dropFirst()
        }
        var free = [Double](repeating: start, count: min(lanes, max(1, jobs.count)))
        for job in jobs {
            let lane = free.indices.min { free[$0] < free[$1] } ?? 0
            free[lane] += Double(job.rows) / rowRate
        }
        // A thousand years stand for ever.
        return .seconds(min(free.max() ?? start, 3e10))
    }
}

extension QueuePolicy {
    /// How many jobs of the queue run at once, at most.
    package var maxJobsAtOnce: Int { min(maxConcurrentJobs, account.maxConcurrentJobs) }
}
