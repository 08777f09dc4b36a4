import BatchCore
import Testing

/// When a workload gets no further job because too many of its rows fail.
@Suite struct GuardRailTests {
    private func verdict(
        _ record: GuardRecord, canary: Canary? = Canary(), halt: Halt? = Halt()
    ) -> GuardVerdict {
        GuardVerdict(record, canary: canary, halt: halt)
    }

    private func first(_ failed: Int64, of rows: Int64 = 200, settled: Bool = true, followed: Bool = false)
        -> GuardRecord.First
    {
        GuardRecord.First(rows: rows, failed: failed, isSettled: settled, isFollowed: followed)
    }

    @Test func theFirstJobIsSmallAndNothingElseIsSentBeforeItIsSettled() {
        #expect(verdict(GuardRecord(rows: 5_000_000)) == .canary(rows: 200))
        #expect(verdict(GuardRecord(rows: 5_000_000, underWay: 1)) == .wait)
        #expect(verdict(GuardRecord(rows: 5_000_000, first: first(0, settled: false), underWay: 1)) == .wait)
        #expect(verdict(GuardRecord(rows: 5_000_000, first: first(4))) == .open)
        #expect(
            verdict(GuardRecord(rows: 5_000_000, first: first(0, followed: true), underWay: 3)) == .open)
    }

    @Test func aCanaryInWhichTooManyFailHoldsTheRestAndSaysTheArithmetic() {
        #expect(
            verdict(GuardRecord(rows: 5_000_000, first: first(12)))
                == .hold("canary: 12 of 200 rows failed, 6 %, and 2 % is the limit"))
        #expect(
            verdict(GuardRecord(rows: 5_000_000, first: first(5)))
                == .hold("canary: 5 of 200 rows failed, 2.5 %, and 2 % is the limit"))
    }

    @Test func aWorkloadNoLargerThanTheCanaryJustRuns() {
        #expect(verdict(GuardRecord(rows: 200)) == .open)
        #expect(verdict(GuardRecord(rows: 200, first: first(200))) == .open)
        #expect(verdict(GuardRecord(rows: 201)) == .canary(rows: 200))
        #expect(verdict(GuardRecord(rows: 5_000), canary: nil) == .open)
    }

    @Test func whenAPersonLetItGoOnThereIsNoSecondCanary() {
        let record = GuardRecord(rows: 5_000, first: first(200), isLetGoOn: true)
        #expect(verdict(record) == .open)
    }

    @Test func tooManyFailuresOfEnoughRowsHaltIt() {
        func after(_ failed: Int64, of ended: Int64) -> GuardVerdict {
            verdict(
                GuardRecord(rows: 5_000, first: first(0, followed: true), ended: ended, failed: failed))
        }
        #expect(after(999, of: 999) == .open)
        #expect(after(200, of: 1000) == .open)
        #expect(
            after(241, of: 1000)
                == .hold("halt: 241 of 1000 rows with an outcome failed, 24.1 %, and 20 % is the limit"))
    }

    @Test(
        arguments: [
            ("2%", 200), ("0.5%", 50), ("12.25%", 1225), ("100%", 10_000), ("0%", 0), ("2", nil),
            ("101%", nil),
            ("-1%", nil), ("2.125%", nil), ("2.%", nil), (".5%", nil), ("%", nil), ("2 %", nil),
            ("1e1%", nil),
        ] as [(String, Int64?)])
    func aRateIsReadExactly(text: String, hundredths: Int64?) {
        #expect(FailureRate(text)?.hundredths == hundredths)
    }

    @Test func aReasonNamesItsGuard() {
        #expect(GuardWord(reason: "canary: 1 of 2") == .canary)
        #expect(GuardWord(reason: "halt: 1 of 2") == .halt)
        #expect(GuardWord(reason: "halting") == nil && GuardWord(reason: nil) == nil)
    }
}
