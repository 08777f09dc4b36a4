/// What a queue does, and how carefully: the configured values the decisions need.
package struct QueuePolicy: Hashable, Sendable {
    /// What to do with a row of which nobody knows whether it ran.
    package enum UnknownOutcome: String, Hashable, Sendable, CaseIterable {
        /// Follow the endpoint: absolute updates go again, creates are held.
        case auto
        case retry, hold
    }

    /// Whether webhooks of the underlying operations are sent.
    ///
    /// Source: `stripe-batch-api.md` section 1.2.
    package enum NotificationSuppression: String, Hashable, Sendable, CaseIterable {
        case none, all
    }

    /// The queue's name, unique in the configuration.
    package var name: String
    /// The account whose key it uses.
    package var account: AccountPolicy
    /// Where every row goes.
    package var endpoint: Endpoint
    /// The connected account for rows that name none.
    package var context: String?
    /// Higher goes first.
    package var priority: Int
    /// Ask Stripe to run the file without validating it first.
    package var skipValidation: Bool
    /// Whether Stripe sends the webhooks of the underlying operations.
    package var notificationSuppression: NotificationSuppression
    /// 1 to 100; only sent to API versions that have it.
    package var maximumRPS: Int?
    /// How many jobs of this queue may be at Stripe at once.
    package var maxConcurrentJobs: Int
    /// The most rows in one job; nil sizes jobs from the clocks and what was observed.
    package var maxRowsPerJob: Int64?
    /// The most bytes in one job.
    package var maxBytesPerJob: Int64
    /// When failed rows go again.
    package var retry: RetryPolicy
    /// What happens to rows with an unknown outcome.
    package var unknownOutcome: UnknownOutcome
    /// How the first job of a workload decides about all others; nil for none.
    package var canary: Canary?
    /// When so many rows fail that nothing more is sent; nil for never.
    package var halt: Halt?
    /// When new jobs are begun; nil for at any time.
    package var window: StartWindow?
    /// How a line of CSV becomes a row; nil when CSV is not taken.
    package var csv: CSVTemplate?

    /// A policy with the defaults of `interfaces.md` section 2.
    package init(
        name: String, account: AccountPolicy, endpoint: Endpoint, context: String? = nil,
        priority: Int = 0, skipValidation: Bool = false,
        notificationSuppression: NotificationSuppression = .none, maximumRPS: Int? = nil,
        maxConcurrentJobs: Int = 4, maxRowsPerJob: Int64? = nil,
        maxBytesPerJob: Int64 = 4_000_000_000, retry: RetryPolicy = RetryPolicy(),
        unknownOutcome: UnknownOutcome = .auto, canary: Canary? = Canary(), halt: Halt? = Halt(),
        window: StartWindow? = nil, csv: CSVTemplate? = nil
    ) {
        self.name = name
        self.account = account
        self.endpoint = endpoint
        self.context = context
        self.priority = priority
        self.skipValidation = skipValidation
        self.notificationSuppression = notificationSuppression
        self.maximumRPS = maximumRPS
        self.maxConcurrentJobs = maxConcurrentJobs
        self.maxRowsPerJob = maxRowsPerJob
        self.maxBytesPerJob = maxBytesPerJob
        self.retry = retry
        self.unknownOutcome = unknownOutcome
        self.canary = canary
        self.halt = halt
        self.window = window
        self.csv = csv
    }

    /// True when a row with an unknown outcome may be sent again without asking a person.
    package func repeatsUnknown(_ history: RowHistory = RowHistory()) -> Bool {
        switch unknownOutcome {
        case .retry: true
        case .hold: false
        case .auto: endpoint.repetition != .harmful || endpoint.ownName != nil && history.isNamed
        }
    }
}

/// The limits of one Stripe account.
package struct AccountPolicy: Hashable, Sendable {
    /// The account's name in the configuration.
    package var name: String
    /// The API version of every request, and of rows that name none.
    package var apiVersion: String
    /// How many jobs may be at Stripe at once, over all queues of the account.
    package var maxConcurrentJobs: Int
    /// The shortest and the longest pause between looks at one job.
    package var poll: PollPolicy
    /// How many GETs may be made in a month; nil for any number.
    package var readsPerMonth: Int64?

    /// An account with the defaults of `interfaces.md` section 2.
    package init(
        name: String, apiVersion: String, maxConcurrentJobs: Int = 8, poll: PollPolicy = PollPolicy(),
        readsPerMonth: Int64? = 10_000
    ) {
        self.name = name
        self.apiVersion = apiVersion
        self.maxConcurrentJobs = maxConcurrentJobs
        self.poll = poll
        self.readsPerMonth = readsPerMonth
    }
}

/// How often to look at a job that Stripe is working on.
package struct PollPolicy: Hashable, Sendable {
    /// The first pause, and the pause after something changed.
    package var min: Duration
    /// The pause it grows to while nothing changes.
    package var max: Duration
    /// How many times as long each pause is as the one before.
    package var growth: Int

    /// Five seconds growing to ten minutes, unless told otherwise.
    package init(min: Duration = .seconds(5), max: Duration = .minutes(10), growth: Int = 2) {
        self.min = min
        self.max = max
        self.growth = growth
    }

    /// The pause after `unchanged` looks in a row that showed the same status.
    package func delay(unchanged: Int) -> Duration {
        var pause = min
        for _ in 0..<Swift.min(unchanged, 20) where pause < max { pause = pause * growth }
        return Swift.min(max, pause)
    }

    /// How often to look while events say when there is something to see: a net for those that get lost.
    ///
    /// A job of a day is looked at about ten times, and an event that was lost costs a job eight times its length.
    package var besideEvents: PollPolicy {
        PollPolicy(
            min: Swift.max(min, .minutes(1)), max: Swift.max(max, ReadBudget.longestPause), growth: 8)
    }
}

/// When a row goes again, and how often.
package struct RetryPolicy: Hashable, Sendable {
    /// The most journeys one row makes; at least 1.
    package var maxAttempts: Int
    /// The pause after the first failure.
    package var initialDelay: Duration
    /// The pause it grows to.
    package var maxDelay: Duration
    /// What the operator knows of answers: the first that matches counts, before the built-in table.
    package var rules: [OutcomeRule]

    /// Five attempts, one minute growing to six hours, no rules, unless told otherwise.
    package init(
        maxAttempts: Int = 5, initialDelay: Duration = .minutes(1), maxDelay: Duration = .hours(6),
        rules: [OutcomeRule] = []
    ) {
        self.maxAttempts = maxAttempts
        self.initialDelay = initialDelay
        self.maxDelay = maxDelay
        self.rules = rules
    }

    /// The pause after `attempts` failed attempts (at least 1): doubling, up to the ceiling.
    ///
    /// Without jitter on purpose: rows that failed in one batch come due together, and so
    /// travel in one job again instead of in many small ones.
    package func delay(afterAttempts attempts: Int) -> Duration {
        precondition(attempts >= 1)
        return min(maxDelay, initialDelay * (1 << min(attempts - 1, 20)))
    }
}

/// The limits that are Stripe's, or follow from Stripe's. Source: `stripe-batch-api.md` section 7.
package struct Limits: Hashable, Sendable {
    /// How long an upload URL lives: Stripe's five minutes.
    package var uploadWindow: Duration = .minutes(5)
    /// How much of the window must be left to begin an upload at all.
    package var uploadMargin: Duration = .seconds(30)
    /// How long a job may run before Stripe ends it.
    package var processing: Duration = .hours(24)
    /// So long before that end a job is canceled that would not end by itself: its rows in flight need a while.
    package var cancelMargin: Duration = .hours(1)
    /// How long a newcomer waits for a place at most, as far as the rates seen can tell.
    package var shortJob: Duration = .hours(1)
    /// How long results can be had.
    package var results: Duration = .days(7)
    /// How many jobs of a workload may end in a row without settling a row.
    package var fruitlessJobs = 8
    /// How many files of a workload may fail Stripe's validation.
    package var invalidJobs = 100
    /// The pause after the first failed call.
    package var firstBackoff: Duration = .milliseconds(500)
    /// The longest pause after failed calls.
    package var longestBackoff: Duration = .seconds(60)
    /// Rows a second to count on before any rate was seen: the documented default.
    package var assumedRowRate: Double = 10
    /// Upload bytes a second to count on before any upload was seen.
    package var assumedUploadRate: Double = 4_000_000
    /// Results that are sorted in memory and settled in one transaction: enough to make sorting pay, short enough
    /// that nobody waits.
    package var resultsAtOnce = 100_000

    /// Stripe's limits as documented.
    package init() {}

    /// Exponential backoff with jitter for calls, so that what failed together does not return together.
    ///
    /// `failures` counts from 1. The result lies between half the bound and the bound.
    package func backoff(failures: Int, using random: inout some RandomNumberGenerator) -> Duration {
        let bound = min(longestBackoff, firstBackoff * (1 << min(max(failures, 1) - 1, 20)))
        return .milliseconds(Int64.random(in: bound.milliseconds / 2...bound.milliseconds, using: &random))
    }
}
