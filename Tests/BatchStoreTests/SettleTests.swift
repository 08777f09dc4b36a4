import BatchCore
import Testing

@testable import BatchStore

@Suite struct SettleTests {
    /// A workload with one archived batch of `rows` rows, whose results have `bytes` bytes.
    private func archived(
        _ rows: Int64, ending: JobEnding = .complete, bytes: Int64? = 100
    ) throws -> (Bench, WorkloadID, Batch) {
        let bench = try Bench()
        let workload = try bench.workload(rows)
        let batch = try bench.lead(
            try #require(try bench.claim(workload)), to: "archived", ending: ending, bytes: bytes)
        return (bench, workload, batch)
    }

    private func finishAbsent(_ bench: Bench, _ batch: Batch, limit: Int64 = 3, _ decision: RowDecision)
        throws -> Int64
    {
        var rows: Int64 = 0
        for _ in 0...batch.rows + 1 {
            let tally = try bench.store.settleAbsent(of: batch, dueBase: bench.now, limit: limit) { _ in
                decision
            }
            rows += tally.rows
            if tally.isComplete { return rows }
        }
        Issue.record("it never came to an end")
        return rows
    }

    /// What a canceled job did not run lies between the rows that it ran. Once it took a step for each run.
    @Test func rowsInManyShortRunsAreSettledInAFewSteps() throws {
        let (bench, workload, first) = try archived(4_000, ending: .canceled)
        let ran = stride(from: 0, to: 4_000, by: 2).map { ResultLine(id: "r\($0)", status: 200) }
        _ = try bench.store.settle(ran, odd: 0, of: first, from: 0, to: 100, now: bench.now)
        while try !bench.store.settleAbsent(of: first, dueBase: bench.now, decide: { _ in .returned })
            .isComplete
        {}
        let second = try bench.lead(try #require(try bench.claim(workload)), to: "archived", bytes: 1)
        #expect(second.rows == 2_000)
        #expect(try bench.number("SELECT count(*) FROM slice WHERE batch = \(second.id.rawValue)") == 2_000)
        let rest = stride(from: 1, to: 4_000, by: 2).map { ResultLine(id: "r\($0)", status: 200) }
        _ = try bench.store.settle(rest, odd: 0, of: second, from: 0, to: 1, now: bench.now)
        var steps = 1
        while try !bench.store.settleAbsent(of: second, dueBase: bench.now, decide: { _ in .returned })
            .isComplete
        { steps += 1 }
        #expect(steps <= 2)
        #expect(try bench.store.workload(workload)?.rows[.succeeded] == 4_000)
    }

    @Test func settlingResumesAtItsOffsetAndRefusesAnother() throws {
        let (bench, workload, batch) = try archived(4)
        _ = try bench.store.settle(
            [ResultLine(id: "r1", status: 200)], odd: 0, of: batch, from: 0, to: 40, now: bench.now)
        try bench.reopen()
        #expect(try bench.store.settledMark(of: batch.id) == SettledMark(bytes: 40))
        let before = try bench.everything()
        for offset: Int64 in [0, 39, 41, 100] {
            #expect(throws: StoreError.staleTransition(batch.id, expected: "archived at byte \(offset)")) {
                try bench.store.settle(
                    [ResultLine(id: "r2", status: 200)], odd: 0, of: batch, from: offset, to: 100,
                    now: bench.now)
            }
        }
        #expect(try bench.everything() == before)
        _ = try bench.store.settle(
            [ResultLine(id: "r2", status: 200)], odd: 0, of: batch, from: 40, to: 100, now: bench.now)
        #expect(try bench.store.workload(workload)?.rows[.succeeded] == 2)
    }

    @Test func settlingInTheOrderOfRowsResumesBehindARow() throws {
        let (bench, workload, batch) = try archived(6, bytes: 100)
        var chunk = ResultChunk()
        for row in [5, 0, 3, 1, 3] { chunk.append(ResultLine(id: "r\(row)", status: 200)) }
        func settle(_ range: Range<Int>, from: SettledMark, to: SettledMark) throws -> SettleTally {
            let found = try bench.store.find(chunk, of: batch, from: from)
            var some = RowResults()
            for place in range {
                some.append(found.number(place), status: found.status(place), error: found.error(place))
            }
            return try bench.store.settle(
                some, odd: 0, of: batch, from: from, to: to, dueBase: bench.now, at: bench.now
            ) { _, _ in .succeeded }
        }
        #expect(try settle(0..<2, from: SettledMark(), to: SettledMark(row: 1)).rows == 2)
        try bench.reopen()
        #expect(try bench.store.settledMark(of: batch.id) == SettledMark(row: 1))
        let before = try bench.everything()
        #expect(throws: StoreError.staleTransition(batch.id, expected: "archived at byte 0")) {
            try settle(0..<2, from: SettledMark(), to: SettledMark(row: 1))
        }
        // Nobody is absent while rows behind the mark have lines.
        #expect(throws: StoreError.self) {
            try bench.store.settleAbsent(of: batch, dueBase: bench.now) { _ in .returned }
        }
        #expect(try bench.everything() == before)
        // What is found then is what was found before: the rows up to the mark, too.
        let tally = try settle(2..<5, from: SettledMark(row: 1), to: SettledMark(bytes: 100))
        #expect((tally.rows, tally.odd) == (2, 1))
        #expect(try bench.store.workload(workload)?.rows[.succeeded] == 4)
        #expect(try finishAbsent(bench, batch, .returned) == 2)
    }

    @Test func theFirstLineOfARowCountsAndForeignLinesSettleNothing() throws {
        let (bench, workload, batch) = try archived(4)
        let lines = [
            ResultLine(id: "r2", status: 404), ResultLine(id: "nobody", status: 200),
            ResultLine(id: "r2", status: 200),
            ResultLine(id: "", status: 200), ResultLine(id: "r0", status: 200),
            ResultLine(id: "r2", status: 429),
        ]
        let tally = try bench.store.settle(lines, odd: 2, of: batch, from: 0, to: 50, now: bench.now)
        #expect(tally.rows == 2)
        #expect(tally.odd == 6)
        let later = try bench.store.settle(
            [ResultLine(id: "r0", status: 400)], odd: 0, of: batch, from: 50, to: 100, now: bench.now)
        #expect(later.odd == 1)
        let rows = try bench.states(of: workload)
        #expect(rows[2]?.state == .failed)
        #expect(rows[2]?.status == 404)
        #expect(rows[0]?.state == .succeeded)
        let record = try #require(try bench.store.batch(batch.id))
        #expect(record.settledRows == 2)
        #expect(record.oddLines == 7)
    }

    @Test func aLateLineCannotTouchARowThatTravelsAgain() throws {
        let (bench, workload, first) = try archived(2)
        _ = try bench.store.settle(
            [ResultLine(id: "r0", status: 429)], odd: 0, of: first, from: 0, to: 50, now: bench.now)
        bench.now = bench.now + .hours(1)
        let second = try #require(try bench.claim(workload))
        #expect(try bench.input(of: second) == ["r0"])
        let tally = try bench.store.settle(
            [ResultLine(id: "r0", status: 200)], odd: 0, of: first, from: 50, to: 100, now: bench.now)
        #expect(tally.odd == 1)
        let row = try #require(try bench.states(of: workload)[0])
        #expect(row.state == .inFlight)
        #expect(row.batch == second.id)
    }

    @Test func aRefusedKeyHoldsTheWorkloadInTheSameTransaction() throws {
        let (bench, workload, batch) = try archived(2)
        let tally = try bench.store.settle(
            [ResultLine(id: "r0", status: 401)], odd: 0, of: batch, from: 0, to: 50, now: bench.now)
        #expect(tally.isHeld)
        #expect(try bench.store.workload(workload)?.state == .held)
        #expect(try bench.states(of: workload)[0]?.attempts == 0)
        #expect(try bench.claim(workload) == nil)
    }

    @Test func aRowOfAnotherBatchIsForeign() throws {
        let bench = try Bench()
        let workload = try bench.workload(4)
        let first = try bench.lead(try #require(try bench.claim(workload, rows: 2)), to: "archived", bytes: 9)
        _ = try bench.claim(workload, rows: 1)
        let lines = (0..<4).map { ResultLine(id: "r\($0)", status: 200) }
        let tally = try bench.store.settle(lines, odd: 0, of: first, from: 0, to: 9, now: bench.now)
        #expect(tally.rows == 2)
        #expect(tally.odd == 2)
        #expect(
            try bench.states(of: workload).mapValues(\.state) == [
                0: .succeeded, 1: .succeeded, 2: .inFlight, 3: .queued,
            ])
    }

    @Test(arguments: BatchPhase.names.filter { $0 != "archived" && $0 != "released" && $0 != "settled" })
    func aRowIsNotAbsentFromResultsThatNobodyHas(phase: String) throws {
        let bench = try Bench()
        let workload = try bench.workload(4)
        let batch = try bench.lead(try #require(try bench.claim(workload)), to: phase)
        let before = try bench.everything()
        #expect(throws: StoreError.self) {
            try bench.store.settleAbsent(of: batch, dueBase: bench.now) { _ in .returned }
        }
        #expect(throws: StoreError.self) {
            try bench.store.settle(
                [ResultLine(id: "r0", status: 200)], odd: 0, of: batch, from: 0, to: 9, now: bench.now)
        }
        #expect(try bench.everything() == before)
    }

    @Test func aRowIsNotAbsentBeforeTheLastLineWasRead() throws {
        let (bench, _, batch) = try archived(4, bytes: 100)
        _ = try bench.store.settle(
            [ResultLine(id: "r0", status: 200)], odd: 0, of: batch, from: 0, to: 60, now: bench.now)
        let before = try bench.everything()
        #expect(throws: StoreError.staleTransition(batch.id, expected: "archived and read to its end")) {
            try bench.store.settleAbsent(of: batch, dueBase: bench.now) { _ in .returned }
        }
        #expect(try bench.everything() == before)
        _ = try bench.store.settle([], odd: 1, of: batch, from: 60, to: 100, now: bench.now)
        #expect(try finishAbsent(bench, batch, .returned) == 3)
    }

    @Test(arguments: [1, 2, 3, 50] as [Int64]) func rowsThatDidNotRunGoBackWithNothingSpent(limit: Int64)
        throws
    {
        let (bench, workload, batch) = try archived(20, ending: .canceled)
        let done = [1, 2, 7, 19].map { ResultLine(id: "r\($0)", status: 200) }
        _ = try bench.store.settle(done, odd: 0, of: batch, from: 0, to: 100, now: bench.now)
        #expect(try finishAbsent(bench, batch, limit: limit, .returned) == 16)
        try bench.store.settled(batch, was: batch.phase, at: bench.now)
        let rows = try bench.states(of: workload)
        #expect(rows.values.filter { $0.state == .queued && $0.attempts == 0 }.count == 16)
        #expect(rows.values.filter { $0.state == .succeeded }.count == 4)
        let next = try #require(try bench.claim(workload))
        #expect(try bench.input(of: next) == (0..<20).filter { ![1, 2, 7, 19].contains($0) }.map(Bench.name))
    }

    @Test func expiredResultsLeaveADoubt() throws {
        let (bench, workload, batch) = try archived(3, ending: .resultsExpired, bytes: nil)
        let policy = Bench.policy("POST /v1/promotion_codes")
        while try !bench.store.settleAbsent(
            of: batch, dueBase: bench.now,
            decide: { policy.decideAbsent(.resultsExpired, resultsAreWhole: true, history: $0) }
        ).isComplete {}
        #expect(
            try bench.states(of: workload).values.allSatisfy {
                $0.reason == "results_expired" && $0.attempts == 1
            })
        #expect(try bench.number("SELECT sum(doubts) FROM row_state") == 3)
    }

    @Test func aBatchIsNotSettledWhileARowOfItIsInFlight() throws {
        let (bench, _, batch) = try archived(3)
        _ = try bench.store.settle(
            [ResultLine(id: "r0", status: 200)], odd: 0, of: batch, from: 0, to: 100, now: bench.now)
        let before = try bench.everything()
        #expect(throws: StoreError.inconsistent("b1 still has rows in flight")) {
            try bench.store.settled(batch, was: batch.phase, at: bench.now)
        }
        #expect(try bench.everything() == before)
    }

    @Test func settlingTwiceIsRefused() throws {
        let (bench, _, batch) = try archived(3)
        _ = try bench.store.settle([], odd: 0, of: batch, from: 0, to: 100, now: bench.now)
        _ = try finishAbsent(bench, batch, .held(.unknownOutcome))
        try bench.store.settled(batch, was: batch.phase, at: bench.now)
        let before = try bench.everything()
        #expect(throws: StoreError.staleTransition(batch.id, expected: "archived")) {
            try bench.store.settled(batch, was: batch.phase, at: bench.now)
        }
        #expect(throws: StoreError.self) {
            try bench.store.settleAbsent(of: batch, dueBase: bench.now) { _ in .returned }
        }
        #expect(try bench.everything() == before)
        #expect(try bench.store.events(batch: batch.id).count { $0.kind == "settled" } == 1)
    }

    @Test func errorsAreKeptUntilTheRowSucceeds() throws {
        let (bench, workload, batch) = try archived(2)
        let error = RowError(type: "t", code: "lock_timeout", message: "It's \"locked\" é")
        let lines = ["r0", "r1"].map { ResultLine(id: $0, status: 429, error: error) }
        _ = try bench.store.settle(lines, odd: 0, of: batch, from: 0, to: 100, now: bench.now)
        #expect(try bench.states(of: workload).values.allSatisfy { $0.error == error })
        bench.now = bench.now + .hours(1)
        let second = try bench.lead(try #require(try bench.claim(workload)), to: "archived", bytes: 10)
        _ = try bench.store.settle(
            [ResultLine(id: "r0", status: 200)], odd: 0, of: second, from: 0, to: 10, now: bench.now)
        let rows = try bench.states(of: workload)
        #expect(rows[0]?.error == nil)
        #expect(rows[0]?.attempts == 2)
        #expect(try bench.store.rows(of: workload, code: "lock_timeout").rows.map(\.id) == ["r1"])
    }

    @Test func theKeyAtFaultIsReportedAndTheRowGoesBackUnspent() throws {
        let (bench, workload, batch) = try archived(2)
        let denied = ResultLine(id: "r1", status: 403, error: RowError(code: "denied"))
        let tally = try bench.store.settle([denied], odd: 0, of: batch, from: 0, to: 100, now: bench.now)
        #expect(tally.isHeld)
        let row = try #require(try bench.states(of: workload)[1])
        #expect(row.state == .queued)
        #expect(row.attempts == 0)
    }

    @Test func manySeparateRunsAreSettledInTime() throws {
        // Every other row back, then all of them in one batch of 2,000 slices.
        let (bench, workload, first) = try archived(4_000, ending: .canceled)
        let even = stride(from: 0, to: 4_000, by: 2).map { ResultLine(id: "r\($0)", status: 200) }
        _ = try bench.store.settle(even, odd: 0, of: first, from: 0, to: 100, now: bench.now)
        #expect(try finishAbsent(bench, first, limit: 4_000, .returned) == 2_000)
        let second = try bench.lead(try #require(try bench.claim(workload)), to: "archived", bytes: 10)
        let odd = stride(from: 1, to: 4_000, by: 2).map { ResultLine(id: "r\($0)", status: 200) }
        _ = try bench.store.settle(odd, odd: 0, of: second, from: 0, to: 10, now: bench.now)
        #expect(try bench.store.workload(workload)?.rows[.succeeded] == 4_000)
    }
}
