/// The GETs that an account may make in a calendar month (UTC), and how many are made.
///
/// Source: `stripe-batch-api.md` section 6.3.
package struct ReadBudget: Hashable, Sendable {
    /// How many it may make; nil for any number.
    package var perMonth: Int64?
    /// How many it has made.
    package var spent: Int64

    /// A fifth is kept for what must not wait: finding out after a start, and fetching results.
    private static let forLooks = 0.8
    /// The longest pause between looks, however little is left: results can be had for days.
    package static let longestPause = Duration.hours(6)

    /// A budget as it stands.
    package init(perMonth: Int64?, spent: Int64) {
        self.perMonth = perMonth
        self.spent = spent
    }

    /// How many may still be made; nil for any number.
    package var left: Int64? { perMonth.map { max(0, $0 - spent) } }

    /// How often to look at each of `jobs` jobs: as usual while little was spent, then more and more slowly, so
    /// that what is left lasts until the month ends.
    package func poll(_ usual: PollPolicy, jobs: Int, at now: Timestamp) -> PollPolicy {
        guard let perMonth else { return usual }
        let total = Double(perMonth) * Self.forLooks
        let left = total - Double(spent)
        var pause = Self.longestPause
        if left >= 1 {
            let share = Double(spent) / total
            let even = (now.endOfMonth - now).seconds * Double(max(1, jobs)) / left
            pause = min(pause, .milliseconds(Int64(even * share * share * share * 1000)))
        }
        return PollPolicy(
            min: max(usual.min, pause), max: max(usual.max, pause), growth: usual.growth)
    }
}

/// How the last jobs of a workload went, as far as it decides whether there may be another.
package struct JobRecord: Hashable, Sendable {
    /// Jobs in a row that ended without settling one row, but for failed validations.
    package var fruitless: Int
    /// Jobs whose file failed Stripe's validation.
    package var invalid: Int

    /// A record of jobs, counted since a person last let the workload go on.
    package init(fruitless: Int, invalid: Int) {
        self.fruitless = fruitless
        self.invalid = invalid
    }

    /// Why there may be no other job before a person has looked; nil when there may.
    ///
    /// One bad row among a million that Stripe does not name costs 20 failed validations: see `BatchSize`.
    package func exhausted(_ limits: Limits) -> String? {
        if fruitless >= limits.fruitlessJobs {
            return "submissions_exhausted: \(fruitless) jobs in a row ended without the result of one row; "
                + "'batchctl list jobs' shows how each ended"
        }
        if invalid >= limits.invalidJobs {
            return "validation_failed: Stripe refused \(invalid) files of it"
        }
        return nil
    }
}
