import BatchCore
import Testing

@testable import BatchStore

/// What the records say about the next job.
@Suite struct BudgetTests {
    /// Leads every batch of a workload to its end; a file with a bad row is refused, and no row is named.
    private func runAll(_ bench: Bench, _ workload: WorkloadID, bad: Set<Int64>) throws -> (
        jobs: Int, largest: Int64
    ) {
        var jobs = 0
        var largest: Int64 = 0
        let names = Set(bad.map(Bench.name))
        while let claimed = try bench.claim(workload) {
            jobs += 1
            let rows = try bench.input(of: claimed)
            let isBad = rows.contains(where: names.contains)
            if jobs > 1 { largest = max(largest, claimed.rows) }
            let ending: JobEnding = isBad ? .validationFailed : .complete
            let batch = try bench.lead(claimed, to: "archived", ending: ending, bytes: isBad ? nil : 1)
            if !isBad {
                _ = try bench.store.settle(
                    rows.map { ResultLine(id: $0, status: 200) }, odd: 0, of: batch, from: 0, to: 1,
                    now: bench.now)
            }
            let suspects = isBad && batch.rows > 1 ? (batch.rows + 1) / 2 : nil
            while try !bench.store.settleAbsent(
                of: batch, dueBase: bench.now, suspects: suspects, limit: 300,
                decide: { _ in batch.rows == 1 ? .held(.validation) : .returned }
            ).isComplete {}
            var settled = batch
            settled.phase = .settled
            try bench.store.settled(settled, was: batch.phase, at: bench.now)
            if jobs > 2000 { break }
        }
        return (jobs, largest)
    }

    @Test(arguments: [[], [0], [999], [500], [123, 124], [5, 500, 995]] as [Set<Int64>])
    func rowsAtFaultAreFoundByHalvesAndOnlyTheyAreHeld(bad: Set<Int64>) throws {
        let bench = try Bench()
        let workload = try bench.workload(1000)
        let (jobs, largest) = try runAll(bench, workload, bad: bad)
        let rows = try bench.states(of: workload)
        for number in Int64(0)..<1000 {
            #expect(rows[number]?.state == (bad.contains(number) ? .held : .succeeded), "\(number)")
        }
        #expect(jobs <= 1 + 2 * 10 * bad.count)
        #expect(largest <= 500)
        #expect(bad.allSatisfy { rows[$0]?.reason == "validation" && rows[$0]?.attempts == 0 })
        let evidence = try bench.store.countsEvidence(of: workload)
        #expect(evidence.kept == evidence.derived)
    }

    /// Twenty halvings, two jobs each. Files without the bad row are left to run: they never come back.
    @Test(arguments: [0, 499_999, 271_828] as [Int64])
    func aBadRowAmong500_000CostsFortyJobs(bad: Int64) throws {
        let bench = try Bench()
        let workload = try bench.workload(500_000, perChunk: 20_000)
        var (jobs, found) = (0, false)
        while let claimed = try bench.claim(workload) {
            jobs += 1
            guard jobs <= 100 else { break }
            let isBad =
                try bench.number(
                    "SELECT count(*) FROM slice WHERE batch = \(claimed.id.rawValue) AND \(bad) BETWEEN first_row AND last_row"
                ) > 0
            guard isBad else { continue }
            let batch = try bench.lead(claimed, to: "archived", ending: .validationFailed)
            let suspects = batch.rows > 1 ? (batch.rows + 1) / 2 : nil
            while try !bench.store.settleAbsent(
                of: batch, dueBase: bench.now, suspects: suspects, limit: 1_000_000,
                decide: { _ in batch.rows == 1 ? .held(.validation) : .returned }
            ).isComplete {}
            var settled = batch
            settled.phase = .settled
            try bench.store.settled(settled, was: batch.phase, at: bench.now)
            found = batch.rows == 1
        }
        #expect(found)
        #expect(jobs <= 40)
        let record = try #require(try bench.store.workload(workload))
        #expect(record.rows[.held] == 1)
        #expect(record.rows[.inFlight] == 499_999)
        #expect(try bench.store.jobRecord(of: workload).invalid < Limits().invalidJobs)
    }

    /// Else a bad row would be held last of all, after everything that was refused with it.
    @Test func theSmallestFileUnderSuspicionGoesFirst() throws {
        let bench = try Bench()
        let workload = try bench.workload(8)
        for rows in [8, 4, 2, 1] as [Int64] {
            let claimed = try #require(try bench.claim(workload))
            #expect(claimed.rows == rows)
            let batch = try bench.lead(claimed, to: "archived", ending: .validationFailed)
            let suspects = rows > 1 ? (rows + 1) / 2 : nil
            while try !bench.store.settleAbsent(
                of: batch, dueBase: bench.now, suspects: suspects,
                decide: { _ in suspects == nil ? .held(.validation) : .returned }
            ).isComplete {}
            var settled = batch
            settled.phase = .settled
            try bench.store.settled(settled, was: batch.phase, at: bench.now)
        }
        #expect(try [1, 2, 4].map { _ in try bench.claim(workload)?.rows } == [1, 2, 4])
    }

    /// Given back before anything ran, they are still under suspicion; once they ran, no longer.
    @Test func aSuspicionSurvivesAReleaseAndEndsWithAResult() throws {
        let bench = try Bench()
        let workload = try bench.workload(100)
        let first = try bench.lead(
            try #require(try bench.claim(workload)), to: "archived", ending: .validationFailed)
        while try !bench.store.settleAbsent(
            of: first, dueBase: bench.now, suspects: 50, decide: { _ in .returned }
        ).isComplete {}
        let half = try #require(try bench.claim(workload))
        #expect(half.rows == 50)
        #expect(try bench.store.batch(half.id)?.rowLimit == "bisection")
        try bench.release(half)
        try bench.reopen()
        let again = try bench.lead(try #require(try bench.claim(workload)), to: "archived", bytes: 1)
        #expect(again.rows == 50)
        let lines = (0..<50).map { ResultLine(id: "r\($0)", status: 429) }
        _ = try bench.store.settle(lines, odd: 0, of: again, from: 0, to: 1, now: bench.now)
        #expect(try bench.number("SELECT count(*) FROM row_state WHERE suspect IS NOT NULL") == 0)
        #expect(try bench.claim(workload)?.rows == 50)
        bench.now = bench.now + .hours(1)
        #expect(try bench.claim(workload)?.rows == 50)
    }

    @Test func jobsInVainAreCountedSinceTheLastThatWasNot() throws {
        let bench = try Bench()
        let workload = try bench.workload(100)
        func vain() throws {
            let batch = try bench.lead(
                try #require(try bench.claim(workload, rows: 10)), to: "awaiting_upload")
            try bench.release(batch, .uploadTimeout)
        }
        for _ in 1...3 { try vain() }
        // No job was asked for: it does not count.
        try bench.release(try #require(try bench.claim(workload, rows: 10)))
        #expect(try bench.store.jobRecord(of: workload) == JobRecord(fruitless: 3, invalid: 0))
        try bench.reopen()
        let good = try bench.lead(try #require(try bench.claim(workload, rows: 10)), to: "archived", bytes: 1)
        _ = try bench.store.settle(
            [ResultLine(id: "r0", status: 200)], odd: 0, of: good, from: 0, to: 1, now: bench.now)
        #expect(try bench.store.jobRecord(of: workload) == JobRecord(fruitless: 0, invalid: 0))
        for _ in 1...2 { try vain() }
        #expect(try bench.store.jobRecord(of: workload).fruitless == 2)
        bench.now = bench.now + .seconds(1)
        try bench.store.hold(workload, reason: "x", at: bench.now)
        // A start fills no budget, or a daemon that keeps crashing would have one without end.
        try bench.store.resumeHeldWorkloads(at: bench.now)
        #expect(try bench.store.workload(workload)?.state == .running)
        #expect(try bench.store.jobRecord(of: workload).fruitless == 2)
        try bench.store.hold(workload, reason: "x", at: bench.now)
        #expect(try bench.store.resume(.workload(workload), byPerson: true, at: bench.now))
        #expect(try bench.store.workload(workload)?.state == .running)
        #expect(try bench.store.jobRecord(of: workload).fruitless == 0)
    }

    @Test func createsThatWereRefusedOrLeftForAnotherAccountAreNoJobsInVain() throws {
        let bench = try Bench()
        let workload = try bench.workload(100)
        for reason: ReleaseReason in [.createRefused, .accountChanged, .canceled] {
            let batch = try bench.lead(
                try #require(try bench.claim(workload, rows: 10)), to: "awaiting_upload")
            try bench.release(batch, reason)
        }
        #expect(try bench.store.jobRecord(of: workload).fruitless == 1)
    }

    @Test func whatAStartMustNotLetGoOnStaysHeld() throws {
        let bench = try Bench()
        let (spent, other) = (try bench.workload(2), try bench.workload(2))
        for id in [spent, other] { try bench.store.hold(id, reason: "why", at: bench.now) }
        try bench.store.resumeHeldWorkloads(except: [spent], at: bench.now)
        #expect(try bench.store.workload(spent)?.state == .held)
        #expect(try bench.store.workload(spent)?.reason == "why")
        #expect(try bench.store.workload(other)?.state == .running)
    }

    @Test func readsAreCountedByAccountAndMonth() throws {
        let bench = try Bench()
        for expected: Int64 in 1...3 {
            #expect(try bench.store.countRead(of: "a", in: "2026-03") == expected)
        }
        #expect(try bench.store.countRead(of: "b", in: "2026-03") == 1)
        try bench.reopen()
        #expect(try bench.store.reads(of: "a", in: "2026-03") == 3)
        #expect(try bench.store.reads(of: "a", in: "2026-04") == 0)
    }
}
