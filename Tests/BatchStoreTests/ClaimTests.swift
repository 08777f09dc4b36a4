import BatchCore
import Testing

@testable import BatchStore

@Suite struct ClaimTests {
    @Test func claimsNeverOverlapAndGoInTheOrderOfSubmission() throws {
        let bench = try Bench()
        let workload = try bench.workload(100, perChunk: 30)
        var seen: [String] = []
        while let batch = try bench.claim(workload, rows: 17) {
            let rows = try bench.input(of: batch)
            #expect(Int64(rows.count) == batch.rows)
            seen += rows
        }
        #expect(seen == (0..<100).map(Bench.name))
    }

    @Test func aClaimRespectsRows() throws {
        let bench = try Bench()
        let workload = try bench.workload(100, perChunk: 30)
        for rows: Int64 in [1, 29, 30, 31] { #expect(try bench.claim(workload, rows: rows)?.rows == rows) }
        #expect(try bench.claim(workload)?.rows == 9)
        #expect(try bench.claim(workload) == nil)
    }

    /// What a line may take in the file: its bytes and what staging may add.
    private static func bytes(_ id: String, padding: Int = 0) -> Int64 {
        Int64(Bench.line(id, padding: padding).count) + 128
    }

    @Test func aClaimRespectsBytesAlsoWhereRowsDifferMuch() throws {
        let bench = try Bench()
        // The average of a chunk says nothing about its first rows.
        func padding(_ id: String) -> Int { id.count == 2 ? 5000 : 1 }
        let workload = try bench.workload(400, perChunk: 70, padding: padding)
        let limit: Int64 = 12_000
        var claimed: Int64 = 0
        while let batch = try bench.claim(workload, bytes: limit) {
            let rows = try bench.input(of: batch)
            claimed += batch.rows
            let size = rows.reduce(0) { $0 + Self.bytes($1, padding: padding($1)) }
            #expect(size <= limit, "\(rows.count) rows")
            if claimed < 400 {
                let next = Bench.name(claimed)
                #expect(
                    size + Self.bytes(next, padding: padding(next)) > limit, "a row more would have fitted")
                #expect(try bench.store.batch(batch.id)?.rowLimit == "max_bytes_per_job")
            }
        }
        #expect(claimed == 400)
    }

    @Test func aRowThatIsLargerThanTheLimitGoesAlone() throws {
        let bench = try Bench()
        let workload = try bench.workload(3, padding: { _ in 9000 })
        for _ in 1...3 { #expect(try bench.claim(workload, bytes: 100)?.rows == 1) }
        #expect(try bench.claim(workload, bytes: 100) == nil)
    }

    @Test func rowsThatGoAgainLeaveNoRoomForAnotherOne() throws {
        let bench = try Bench()
        let workload = try bench.workload(10)
        let first = try bench.lead(try #require(try bench.claim(workload, rows: 2)), to: "archived", bytes: 1)
        _ = try bench.store.settle(
            [ResultLine(id: "r0", status: 429), ResultLine(id: "r1", status: 429)], odd: 0, of: first,
            from: 0,
            to: 1, now: bench.now)
        bench.now = bench.now + .hours(1)
        let limit = Self.bytes("r0") + Self.bytes("r1")
        let again = try #require(try bench.claim(workload, bytes: limit))
        #expect(try bench.input(of: again) == ["r0", "r1"])
        let fresh = try #require(try bench.claim(workload, bytes: limit))
        #expect(try bench.input(of: fresh) == ["r2", "r3"])
    }

    @Test func rowsGoAgainWhenTheyAreDueAndNotBefore() throws {
        let bench = try Bench()
        let workload = try bench.workload(4)
        let first = try bench.lead(try #require(try bench.claim(workload)), to: "archived", bytes: 1)
        let lines = (0..<4).map { ResultLine(id: "r\($0)", status: 429) }
        _ = try bench.store.settle(lines, odd: 0, of: first, from: 0, to: 1, now: bench.now)
        #expect(try bench.store.nextDue(in: workload) == bench.now + .minutes(1))
        bench.now = bench.now + .seconds(59)
        #expect(try bench.claim(workload) == nil)
        bench.now = bench.now + .seconds(1)
        #expect(try bench.claim(workload, rows: 3)?.rows == 3)
        #expect(try bench.claim(workload, rows: 3)?.rows == 1)
        #expect(try bench.store.nextDue(in: workload) == nil)
    }

    @Test func aBatchGivesTheSameRowsInTheSameOrderAgain() throws {
        let bench = try Bench()
        let workload = try bench.workload(60, perChunk: 25)
        let first = try bench.lead(
            try #require(try bench.claim(workload, rows: 20)), to: "archived", bytes: 1)
        let lines = [3, 11, 7, 19, 0].map { ResultLine(id: "r\($0)", status: 429) }
        _ = try bench.store.settle(lines, odd: 0, of: first, from: 0, to: 1, now: bench.now)
        bench.now = bench.now + .hours(1)
        let mixed = try #require(try bench.claim(workload, rows: 30))
        let rows = try bench.input(of: mixed)
        #expect(rows == ["r0", "r3", "r7", "r11", "r19"] + (20..<45).map(Bench.name))
        for pieces in [1, 100, 1000, 1 << 20] { #expect(try bench.input(of: mixed, pieces: pieces) == rows) }
        try bench.reopen()
        #expect(try bench.input(of: mixed) == rows)
        // Whatever else happens to the workload meanwhile.
        _ = try bench.claim(workload)
        try bench.cancel(workload, now: true)
        #expect(try bench.input(of: mixed) == rows)
    }

    @Test func releaseGivesRowsBackWithNoAttemptSpent() throws {
        let bench = try Bench()
        let workload = try bench.workload(10)
        let first = try bench.lead(try #require(try bench.claim(workload, rows: 4)), to: "archived", bytes: 1)
        _ = try bench.store.settle(
            (0..<4).map { ResultLine(id: "r\($0)", status: 500) }, odd: 0, of: first, from: 0, to: 1,
            now: bench.now)
        bench.now = bench.now + .hours(1)
        for phase in ["staging", "staged", "creating", "awaiting_upload", "uploading", "processing"] {
            let batch = try bench.lead(try #require(try bench.claim(workload)), to: phase)
            #expect(batch.rows == 10)
            try bench.release(batch)
            let rows = try bench.states(of: workload)
            #expect(rows.values.allSatisfy { $0.state == .queued })
            #expect((0..<4).allSatisfy { rows[$0]?.attempts == 1 })
            #expect((4..<10).allSatisfy { rows[$0]?.attempts == 0 })
            #expect(try bench.number("SELECT sum(doubts) FROM row_state") == 4)
        }
    }

    @Test(arguments: [
        "UPDATE workload SET state = 'held', reason = 'x'", "UPDATE workload SET state = 'paused'",
        "UPDATE workload SET cancel_wanted = 1",
    ])
    func nothingIsClaimedFromAWorkloadThatBeginsNothingNew(statement: String) throws {
        let bench = try Bench()
        let workload = try bench.workload(10)
        try bench.sql(statement)
        let before = try bench.everything()
        #expect(try bench.claim(workload) == nil)
        #expect(try bench.everything() == before)
    }

    @Test func claimingStartsTheWorkloadOnce() throws {
        let bench = try Bench()
        let workload = try bench.workload(10)
        #expect(try bench.store.workload(workload)?.state == .queued)
        let start = bench.now
        _ = try bench.claim(workload, rows: 3)
        bench.now = bench.now + .hours(1)
        _ = try bench.claim(workload, rows: 3)
        let record = try #require(try bench.store.workload(workload))
        #expect(record.state == .running)
        #expect(record.startedAt == start)
        #expect(record.rows[.inFlight] == 6)
    }

    @Test func aClockThatWasSetBackParksNoRow() throws {
        let bench = try Bench()
        let workload = try bench.workload(2)
        let first = try bench.lead(try #require(try bench.claim(workload)), to: "archived", bytes: 1)
        let lines = ["r0", "r1"].map { ResultLine(id: $0, status: 429) }
        _ = try bench.store.settle(
            lines, odd: 0, of: first, from: 0, to: 1, dueBase: bench.now, at: bench.now
        ) { line, _ in .again(delay: line.id == "r0" ? .hours(6) : .seconds(1), doubt: false) }
        // Six hours is the longest pause: until then each row waits for its time.
        #expect(try bench.claim(workload) == nil)
        bench.now = bench.now - .days(30)
        #expect(try bench.claim(workload)?.rows == 2)
    }
}

extension Store {
    /// Settles by the policy of an update queue.
    func settle(
        _ lines: [ResultLine], odd: Int64, of batch: Batch, from offset: Int64, to newOffset: Int64,
        now: Timestamp
    ) throws -> SettleTally {
        let policy = Bench.policy()
        return try settle(
            lines, odd: odd, of: batch, from: offset, to: newOffset, dueBase: now, at: now,
            decide: { policy.decide($0, history: $1) })
    }

    /// Looks the rows up, then settles them.
    func settle(
        _ lines: [ResultLine], odd: Int64, of batch: Batch, from offset: Int64, to newOffset: Int64,
        dueBase: Timestamp, at now: Timestamp, decide: (ResultLine, RowHistory) -> RowDecision
    ) throws -> SettleTally {
        var chunk = ResultChunk()
        for line in lines { chunk.append(line) }
        let found = try find(chunk, of: batch)
        return try settle(
            found, odd: odd + Int64(lines.count - found.count), of: batch, from: SettledMark(bytes: offset),
            to: SettledMark(bytes: newOffset), dueBase: dueBase, at: now, decide: decide)
    }
}
