import BatchCore
import Testing

@testable import BatchStore

@Suite struct WorkloadTests {
    @Test func aCancelReachesRowsThatWaitAndLeavesThoseThatTravel() throws {
        let bench = try Bench()
        let workload = try bench.workload(10)
        let running = try bench.lead(try #require(try bench.claim(workload, rows: 3)), to: "processing")
        let staged = try bench.lead(try #require(try bench.claim(workload, rows: 3)), to: "staged")
        #expect(try bench.cancel(workload, now: false) == [staged.id])
        var record = try #require(try bench.store.workload(workload))
        #expect(record.rows[.canceled] == 4)
        #expect(record.rows[.inFlight] == 6)
        #expect(try bench.cancel(workload, now: true) == [running.id, staged.id])
        #expect(try bench.store.liveBatches().allSatisfy { $0.cancelWanted })
        try bench.release(staged, .canceled)
        record = try #require(try bench.store.workload(workload))
        #expect(record.rows[.canceled] == 7)
    }

    @Test func aRowThatMayHaveRunIsHeldNotCanceled() throws {
        let bench = try Bench()
        let workload = try bench.workload(3)
        let first = try bench.lead(try #require(try bench.claim(workload)), to: "archived", bytes: 1)
        let lines = [
            ResultLine(id: "r0", status: 500), ResultLine(id: "r1", status: 429),
            ResultLine(id: "r2", status: 500),
        ]
        _ = try bench.store.settle(lines, odd: 0, of: first, from: 0, to: 1, now: bench.now)
        bench.now = bench.now + .hours(1)
        let second = try #require(try bench.claim(workload, rows: 1))
        try bench.cancel(workload, now: false)
        #expect(try bench.states(of: workload).mapValues(\.state) == [0: .inFlight, 1: .canceled, 2: .held])
        try bench.release(second, .canceled)
        let rows = try bench.states(of: workload)
        #expect(rows[0]?.state == .held)
        #expect(rows[0]?.reason == "unknown_outcome")
    }

    @Test func aWorkloadEndsOnlyWhenNothingIsLeftOfIt() throws {
        let bench = try Bench()
        let workload = try bench.workload(2)
        #expect(throws: StoreError.self) { try bench.store.finish(workload, as: .finished, at: bench.now) }
        let batch = try bench.lead(try #require(try bench.claim(workload)), to: "archived", bytes: 1)
        let lines = ["r0", "r1"].map { ResultLine(id: $0, status: 200) }
        _ = try bench.store.settle(lines, odd: 0, of: batch, from: 0, to: 1, now: bench.now)
        #expect(try bench.store.exhaustedWorkloads().isEmpty, "its batch is not swept")
        #expect(try bench.store.settleAbsent(of: batch, dueBase: bench.now) { _ in .returned }.rows == 0)
        #expect(try bench.store.settleAbsent(of: batch, dueBase: bench.now) { _ in .returned }.isComplete)
        try bench.store.settled(batch, was: batch.phase, at: bench.now)
        #expect(try bench.store.exhaustedWorkloads().isEmpty, "its batch is not swept")
        try bench.store.swept(batch.id)
        #expect(try bench.store.exhaustedWorkloads().map(\.id) == [workload])
        try bench.store.finish(workload, as: .finished, at: bench.now)
        #expect(try bench.store.workload(workload)?.state == .finished)
        #expect(throws: StoreError.self) { try bench.store.finish(workload, as: .finished, at: bench.now) }
        #expect(throws: StoreError.wrongState(workload, .finished)) {
            try bench.store.cancel(workload, now: true, at: bench.now)
        }
    }

    @Test func aHeldWorkloadCannotFinishAndGoesOnAfterAStartOnlyIfRowsWait() throws {
        let bench = try Bench()
        let waiting = try bench.workload(2)
        let done = try bench.workload(1)
        let batch = try bench.lead(try #require(try bench.claim(done)), to: "archived", bytes: nil)
        _ = try bench.store.settleAbsent(of: batch, dueBase: bench.now) { _ in .held(.unknownOutcome) }
        try bench.store.settled(batch, was: batch.phase, at: bench.now)
        try bench.store.swept(batch.id)
        for id in [waiting, done] { try bench.store.hold(id, reason: "why", at: bench.now) }
        #expect(try bench.store.exhaustedWorkloads().isEmpty)
        #expect(throws: (any Error).self) { try bench.store.finish(done, as: .finished, at: bench.now) }
        #expect(try bench.store.commonestHoldReason(in: done) == "unknown_outcome")
        try bench.store.resumeHeldWorkloads(at: bench.now)
        #expect(try bench.store.workload(waiting)?.state == .running)
        #expect(try bench.store.workload(done)?.state == .held)
    }

    @Test func aCanceledWorkloadIsNotHeld() throws {
        let bench = try Bench()
        let workload = try bench.workload(2)
        _ = try bench.claim(workload, rows: 1)
        try bench.cancel(workload, now: false)
        let before = try bench.everything()
        try bench.store.hold(workload, reason: "why", at: bench.now)
        #expect(try bench.everything() == before)
    }

    @Test func aRowInNoStateIsReportedNotInvented() throws {
        let bench = try Bench()
        let workload = try bench.workload(5)
        try bench.sql("UPDATE slice SET last_row = 3")
        #expect(throws: StoreError.inconsistent("row 4 of w1 is in no state")) {
            try bench.store.rows(of: workload)
        }
        let evidence = try bench.store.countsEvidence(of: workload)
        #expect(evidence.kept != evidence.derived)
    }

    @Test func ratesComeFromWhatTheLastJobsShowed() throws {
        let bench = try Bench()
        #expect(try bench.store.ratesSeen(in: "q", at: bench.now) == BatchSize.Seen())
        let workload = try bench.workload(100)
        for _ in 1...2 { try bench.lead(try #require(try bench.claim(workload, rows: 50)), to: "collecting") }
        try bench.sql(
            """
            UPDATE batch SET upload_began_at = id, sent_bytes = 5000000, sent_ms = 10000, row_rate = 50 / id,
              rate_at = 1000 * id;
            """)
        let seen = BatchSize.Seen(rowRate: 25, uploadRate: 500_000)
        #expect(try bench.store.ratesSeen(in: "q", at: bench.now) == seen)
        // The uplink is one for all queues; the pace of a queue is its own.
        #expect(try bench.store.ratesSeen(in: "other", at: bench.now) == BatchSize.Seen(uploadRate: 500_000))
        // An hour after it, an old rate is forgotten; one from a clock that was set back does not count.
        try bench.sql("UPDATE batch SET rate_at = rate_at + 4000000, row_rate = 80 WHERE id = 1")
        #expect(try bench.store.ratesSeen(in: "q", at: bench.now).rowRate == 80)
        #expect(try bench.store.ratesSeen(in: "q", at: Timestamp(milliseconds: 3000)).rowRate == 25)
        try bench.reopen()
        #expect(try bench.store.ratesSeen(in: "q", at: bench.now).rowRate == 80)
    }
}
