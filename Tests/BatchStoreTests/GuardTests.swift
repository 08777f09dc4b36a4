import BatchCore
import GRDB
import Testing

@testable import BatchStore

/// What the records say to the guard rails.
@Suite struct GuardTests {
    /// Leads a batch to its end: of its rows so many fail, so many go again, and the others succeed.
    private func run(_ bench: Bench, _ claimed: Batch, failed: Int, again: Int = 0) throws {
        let names = try bench.input(of: claimed)
        let batch = try bench.lead(claimed, to: "archived", bytes: 1)
        let lines = names.enumerated().map { index, name in
            ResultLine(id: name, status: index < failed ? 404 : index < failed + again ? 429 : 200)
        }
        _ = try bench.store.settle(lines, odd: 0, of: batch, from: 0, to: 1, now: bench.now)
        while try !bench.store.settleAbsent(of: batch, dueBase: bench.now, decide: { _ in .returned })
            .isComplete
        {}
        var settled = batch
        settled.phase = .settled
        try bench.store.settled(settled, was: batch.phase, at: bench.now)
    }

    @Test func outcomesAreCountedWithTheRowsAndSurviveARestart() throws {
        let bench = try Bench()
        let workload = try bench.workload(100)
        #expect(try bench.store.guardRecord(of: workload) == GuardRecord(rows: 100))
        let first = try #require(try bench.claim(workload, rows: 10))
        #expect(try bench.store.guardRecord(of: workload) == GuardRecord(rows: 100, underWay: 1))
        try run(bench, first, failed: 3, again: 2)
        try bench.reopen()
        let told = GuardRecord.First(rows: 10, failed: 3, isSettled: true, isFollowed: false)
        #expect(
            try bench.store.guardRecord(of: workload)
                == GuardRecord(rows: 100, first: told, ended: 8, failed: 3))
        // What is given back follows nobody.
        try bench.release(try #require(try bench.claim(workload, rows: 10)))
        #expect(try bench.store.guardRecord(of: workload).first == told)
        try run(bench, try #require(try bench.claim(workload, rows: 10)), failed: 0)
        let record = try bench.store.guardRecord(of: workload)
        #expect(record.first?.isFollowed == true)
        #expect((record.ended, record.failed) == (18, 3))
        #expect(try bench.store.oddOutcomes(of: workload).isEmpty)
    }

    @Test func afterAPersonLetItGoOnOnlyLaterBatchesCount() throws {
        let bench = try Bench()
        let workload = try bench.workload(100)
        try run(bench, try #require(try bench.claim(workload, rows: 10)), failed: 9)
        // A pause is no guard: ending it forgives nothing.
        try bench.store.hold(workload, reason: "create_refused: no", at: bench.now)
        #expect(try bench.store.resume(.workload(workload), byPerson: true, at: bench.now))
        #expect(try bench.store.guardRecord(of: workload).failed == 9)
        try bench.store.hold(workload, reason: "canary: 9 of 10 rows failed", at: bench.now)
        #expect(try bench.store.resume(.workload(workload), byPerson: true, at: bench.now))
        try bench.reopen()
        let record = try bench.store.guardRecord(of: workload)
        #expect(record.isLetGoOn && record.ended == 0 && record.failed == 0)
        try run(bench, try #require(try bench.claim(workload, rows: 10)), failed: 1)
        #expect(try bench.store.guardRecord(of: workload).failed == 1)
    }

    @Test func aCountThatIsNotThatOfTheRowsIsFound() throws {
        let bench = try Bench()
        let workload = try bench.workload(20)
        try run(bench, try #require(try bench.claim(workload, rows: 10)), failed: 3)
        for change in ["failed_rows = 2", "ended_rows = 9", "failed_rows = 4"] {
            try bench.store.write { try $0.execute(sql: "UPDATE batch SET \(change)") }
            #expect(try bench.store.oddOutcomes(of: workload).count == 1, "\(change)")
            try bench.store.write { try $0.execute(sql: "UPDATE batch SET ended_rows = 10, failed_rows = 3") }
        }
        #expect(try bench.store.oddOutcomes(of: workload).isEmpty)
    }
}
