/// Where a row stands. Every accepted row is in exactly one of these, at every commit.
///
/// The raw values are stored; they never change meaning.
package enum RowState: Int, Hashable, Sendable, CaseIterable {
    /// Waits to be sent, for the first time or again.
    case queued = 0
    /// Belongs to a batch that is being sent, runs, or is being settled.
    case inFlight = 1
    /// Stripe did it.
    case succeeded = 2
    /// Stripe refused it for good, or its attempts are used up.
    case failed = 3
    /// Needs a person's decision.
    case held = 4
    /// Was never run, because the workload was canceled.
    case canceled = 5

    /// The word of `interfaces.md` section 1.
    package var word: String {
        switch self {
        case .queued: "queued"
        case .inFlight: "in_flight"
        case .succeeded: "succeeded"
        case .failed: "failed"
        case .held: "held"
        case .canceled: "canceled"
        }
    }

    /// Reads the word of `interfaces.md` section 1.
    package init?(word: some StringProtocol) {
        guard let state = Self.allCases.first(where: { $0.word == word }) else { return nil }
        self = state
    }
}

/// Why a row is held or failed. The raw values are stored, and are the words people see.
package enum RowReason: String, Hashable, Sendable, CaseIterable {
    /// Stripe refused the row in a way that sending it again cannot change.
    case refused
    /// It could have gone again, but has used up its attempts.
    case attemptsExhausted = "attempts_exhausted"
    /// It may have run, and running it again may do harm.
    case unknownOutcome = "unknown_outcome"
    /// Stripe's validation named it, or refused a file of it alone.
    case validation
    /// Its results could not be fetched in time.
    case resultsExpired = "results_expired"
    /// A rule of the queue holds what is answered like this.
    case rule
    /// A person decided.
    case `operator`
}

/// How many rows are in each state.
package struct RowCounts: Hashable, Sendable {
    private var counts = [Int64](repeating: 0, count: RowState.allCases.count)

    /// No rows at all.
    package init() {}

    /// The rows in one state.
    package subscript(_ state: RowState) -> Int64 {
        get { counts[state.rawValue] }
        set { counts[state.rawValue] = newValue }
    }

    /// All rows.
    package var total: Int64 { counts.reduce(0, +) }

    /// Moves `count` rows from one state to another.
    package mutating func move(_ count: Int64 = 1, from: RowState, to: RowState) {
        self[from] -= count
        self[to] += count
    }

    /// Adds state by state.
    package static func + (a: Self, b: Self) -> Self {
        var sum = a
        for state in RowState.allCases { sum[state] += b[state] }
        return sum
    }
}
