import BatchCore
import Testing

@Suite struct BudgetTests {
    private static let start = Timestamp(rfc3339: "2026-03-01T00:00:00Z")!

    /// A month of looks at jobs that never rest.
    private func month(of jobs: Int, budget: Int64, usual: PollPolicy = PollPolicy()) -> (
        spent: Int64, longest: Duration
    ) {
        var now = Self.start
        var spent: Int64 = 0
        var longest = Duration.zero
        while now < Self.start.endOfMonth {
            let poll = ReadBudget(perMonth: budget, spent: spent).poll(usual, jobs: jobs, at: now)
            longest = max(longest, poll.min)
            spent += Int64(jobs)
            now = now + poll.min
        }
        return (spent, longest)
    }

    @Test(arguments: [1, 4, 8], [3_000, 10_000, 100_000] as [Int64])
    func looksSlowDownBeforeTheBudgetIsSpent(jobs: Int, budget: Int64) {
        let (spent, longest) = month(of: jobs, budget: budget)
        #expect(spent <= budget)
        #expect(longest <= .hours(6))
    }

    @Test func littleSpentSlowsNothing() {
        let usual = PollPolicy()
        #expect(ReadBudget(perMonth: 10_000, spent: 0).poll(usual, jobs: 8, at: Self.start) == usual)
        #expect(ReadBudget(perMonth: 10_000, spent: 500).poll(usual, jobs: 1, at: Self.start) == usual)
        #expect(ReadBudget(perMonth: nil, spent: .max).poll(usual, jobs: 8, at: Self.start) == usual)
    }

    @Test func anEmptyBudgetStillLooksFourTimesADay() {
        for spent: Int64 in [8_000, 10_000, 1_000_000] {
            let poll = ReadBudget(perMonth: 10_000, spent: spent).poll(PollPolicy(), jobs: 8, at: Self.start)
            #expect(poll == PollPolicy(min: .hours(6), max: .hours(6)))
        }
    }

    @Test(arguments: [
        ("2026-01-31T23:59:59.999Z", "2026-01", "2026-02-01T00:00:00.000Z"),
        ("2026-02-01T00:00:00.000Z", "2026-02", "2026-03-01T00:00:00.000Z"),
        ("2028-02-29T12:00:00.000Z", "2028-02", "2028-03-01T00:00:00.000Z"),
        ("2026-12-05T00:00:00.000Z", "2026-12", "2027-01-01T00:00:00.000Z"),
    ])
    func aMonthIsTheCalendars(moment: String, month: String, end: String) throws {
        let moment = try #require(Timestamp(rfc3339: moment))
        #expect(moment.month == month)
        #expect(moment.endOfMonth.rfc3339 == end)
    }

    @Test func aWorkloadThatGetsNowhereIsHeld() {
        let limits = Limits()
        #expect(JobRecord(fruitless: 7, invalid: 99).exhausted(limits) == nil)
        #expect(
            JobRecord(fruitless: 8, invalid: 0).exhausted(limits)?.hasPrefix("submissions_exhausted: 8 jobs")
                == true)
        #expect(
            JobRecord(fruitless: 0, invalid: 100).exhausted(limits)?.hasPrefix("validation_failed: ") == true)
    }
}
