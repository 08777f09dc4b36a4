import BatchCore
import Testing

@testable import BatchStore

@Suite struct IntakeTests {
    @Test func aLoadingWorkloadIsInvisible() throws {
        let bench = try Bench()
        let id = try bench.load(10)
        let store = bench.store
        #expect(try store.workload(id) == nil)
        #expect(try store.workloads().isEmpty)
        #expect(try store.workloads(openOnly: true).isEmpty)
        #expect(try store.totals() == RowCounts())
        #expect(try store.rows(of: id).rows.isEmpty)
        #expect(try store.row(named: "r3", of: id) == nil)
        #expect(try store.nextDue(in: id) == nil)
        #expect(try bench.claim(id) == nil)
        #expect(try store.exhaustedWorkloads().isEmpty)
        #expect(try store.events().isEmpty)
        #expect(throws: StoreError.noWorkload(id)) { try store.cancel(id, now: true, at: bench.now) }
        #expect(throws: StoreError.self) { try store.finish(id, as: .finished, at: bench.now) }
    }

    @Test func aLoadThatWasInterruptedIsDiscardedWhole() throws {
        let bench = try Bench()
        let kept = try bench.workload(7)
        let before = try bench.everything()
        let lost = try bench.load(100)
        try bench.reopen()
        #expect(try bench.store.unfinishedLoads() == [lost])
        var calls = 1
        while try !bench.store.discardSome(of: lost, limit: 30, at: bench.now) { calls += 1 }
        #expect(calls > 3)
        var after = try bench.everything()
        after["sqlite_sequence"] = before["sqlite_sequence"]
        #expect(after == before)
        #expect(try bench.store.unfinishedLoads().isEmpty)
        #expect(try bench.states(of: kept).count == 7)
        // Its number is not given again.
        #expect(try bench.load(1) > lost)
    }

    @Test func aTrialIsNeverAcceptedAndUsesUpNoNumber() throws {
        let bench = try Bench()
        let kept = try bench.workload(7)
        let before = try bench.everything()
        let trials = try (0..<2).map { _ in
            let id = try bench.store.beginWorkload(queue: "q", name: "n", isTrial: true, at: bench.now)
            try bench.store.appendRows(try Bench.chunk(["a", "b", "a"]), to: id, first: 0)
            return id
        }
        #expect(trials.map(\.rawValue) == [-1, -2])
        for trial in trials {
            #expect(try bench.store.duplicateRows(of: trial, limit: 9).first.map(\.number) == [2])
            #expect(try bench.store.workload(trial) == nil)
            #expect(throws: (any Error).self) { try accept(trial, rows: 3, in: bench) }
        }
        #expect(Set(try bench.store.unfinishedLoads()) == Set(trials))
        for trial in trials {
            while try !bench.store.discardSome(of: trial, limit: 1, at: bench.now) {}
        }
        #expect(try bench.everything() == before)
        #expect(try bench.load(1).rawValue == kept.rawValue + 1)
    }

    @Test func anAcceptedWorkloadCannotBeDiscarded() throws {
        let bench = try Bench()
        let id = try bench.workload(10)
        let before = try bench.everything()
        #expect(throws: StoreError.wrongState(id, .queued)) {
            try bench.store.discardSome(of: id, at: bench.now)
        }
        #expect(try bench.everything() == before)
    }

    @Test func aWorkloadThatIsBeingDiscardedCannotBeAccepted() throws {
        let bench = try Bench()
        let id = try bench.load(10)
        #expect(try bench.store.discardSome(of: id, limit: 3, at: bench.now) == false)
        // The intake goes on, not knowing.
        try bench.store.appendRows(try Bench.chunk(["s0", "s1"]), to: id, first: 10)
        #expect(throws: StoreError.self) { try accept(id, rows: 12, in: bench) }
        while try !bench.store.discardSome(of: id, limit: 3, at: bench.now) {}
        #expect(throws: StoreError.noWorkload(id)) {
            try bench.store.appendRows(try Bench.chunk(["s2"]), to: id, first: 12)
        }
        for table in ["row_input", "name_block", "intake_chunk", "workload"] {
            #expect(try bench.number("SELECT count(*) FROM \(table)") == 0)
        }
    }

    @Test func nothingIsAddedToAnAcceptedWorkload() throws {
        let bench = try Bench()
        let id = try bench.workload(10)
        let before = try bench.everything()
        #expect(throws: StoreError.wrongState(id, .queued)) {
            try bench.store.appendRows(try Bench.chunk(["x"]), to: id, first: 10)
        }
        #expect(try bench.everything() == before)
    }

    @Test(arguments: [9, 11, 0, -1] as [Int64]) func onlyTheRowsThatAreStoredArePromised(rows: Int64) throws {
        let bench = try Bench()
        let id = try bench.load(10)
        let before = try bench.everything()
        #expect(throws: StoreError.self) { try accept(id, rows: rows, in: bench) }
        #expect(try bench.everything() == before)
        try accept(id, rows: 10, in: bench)
    }

    @Test func aGapBetweenChunksIsNotPromised() throws {
        let bench = try Bench()
        let id = try bench.load(10)
        try bench.store.appendRows(try Bench.chunk(["a", "b"]), to: id, first: 11)
        #expect(throws: StoreError.self) { try accept(id, rows: 12, in: bench) }
        #expect(throws: StoreError.self) { try accept(id, rows: 13, in: bench) }
    }

    @Test func rowsCannotOverlap() throws {
        let bench = try Bench()
        let id = try bench.load(10)
        let before = try bench.everything()
        #expect(throws: (any Error).self) {
            try bench.store.appendRows(try Bench.chunk(["a", "b"]), to: id, first: 9)
        }
        #expect(try bench.everything() == before)
    }

    @Test func duplicateIdsAreFoundAcrossChunksWithTheFirstLine() throws {
        let bench = try Bench()
        let id = try bench.load(10)
        let other = try bench.load(3)
        try bench.store.appendRows(
            try Bench.chunk(["new", "r7", "zz", "r0", "zz", "zz", "new2"]), to: id, first: 10)
        // The same id in another workload is another row.
        try bench.store.appendRows(try Bench.chunk(["r5"]), to: other, first: 3)
        #expect(try bench.store.duplicateRows(of: other, limit: 9).total == 0)
        try bench.store.appendRows(try Bench.chunk(["r9"]), to: id, first: 17)
        let duplicates = try bench.store.duplicateRows(of: id, limit: 4)
        #expect(
            duplicates.first == [
                DuplicateRow(number: 11, first: 7), DuplicateRow(number: 13, first: 0),
                DuplicateRow(number: 14, first: 12), DuplicateRow(number: 15, first: 12),
            ])
        #expect(duplicates.total == 5)
        // What has a row twice is never promised.
        for rows: Int64 in [7, 10, 13, 17, 18] {
            #expect(throws: StoreError.self) { try accept(id, rows: rows, in: bench) }
        }
    }

    @Test func theSameContentIsRefusedOnceInAQueueUnlessItIsAllowedOrWasCanceled() throws {
        let bench = try Bench()
        let first = try bench.load(3)
        try accept(first, rows: 3, in: bench)
        let second = try bench.load(3)
        #expect(throws: StoreError.duplicateContent(first)) { try accept(second, rows: 3, in: bench) }
        #expect(try bench.store.workload(second) == nil)
        try accept(second, rows: 3, allowDuplicate: true, in: bench)
        let elsewhere = try bench.load(3, queue: "other")
        try accept(elsewhere, rows: 3, in: bench)

        for id in [first, second] {
            _ = try bench.store.cancel(id, now: true, at: bench.now)
            try bench.store.finish(id, as: .canceled, at: bench.now)
        }
        let third = try bench.load(3)
        try accept(third, rows: 3, in: bench)
    }

    @Test func aKeyNamesOneWorkloadOfItsQueue() throws {
        let bench = try Bench()
        let first = try bench.load(3)
        try accept(first, rows: 3, key: "k", in: bench)
        let found = try #require(try bench.store.workload(submittedWith: "k", to: "q"))
        #expect(found == (first, Bench.digest(9)))
        #expect(try bench.store.workload(submittedWith: "k", to: "other") == nil)
        let second = try bench.load(3)
        #expect(throws: StoreError.keyTaken(first)) {
            try accept(second, rows: 3, key: "k", allowDuplicate: true, in: bench)
        }
        let elsewhere = try bench.load(3, queue: "other")
        try accept(elsewhere, rows: 3, key: "k", in: bench)
    }

    @Test func aWorkloadIsAcceptedOnce() throws {
        let bench = try Bench()
        let id = try bench.load(3)
        try accept(id, rows: 3, in: bench)
        let before = try bench.everything()
        #expect(throws: StoreError.self) { try accept(id, rows: 3, allowDuplicate: true, in: bench) }
        #expect(throws: StoreError.self) { try accept(WorkloadID(77), rows: 3, in: bench) }
        #expect(try bench.everything() == before)
    }

    @Test func linesAreKeptByteForByte() throws {
        let bench = try Bench()
        let id = try bench.workload(5, padding: { $0 == "r2" ? 100_000 : 3 })
        let row = try #require(try bench.store.row(named: "r2", of: id))
        #expect(row.line == Bench.line("r2", padding: 100_000))
        #expect(row.number == 2)
        #expect(row.id == "r2")
        #expect(try bench.store.row(named: "nobody", of: id) == nil)
    }

    private func accept(
        _ id: WorkloadID, rows: Int64, key: String? = nil, allowDuplicate: Bool = false, in bench: Bench
    ) throws {
        try bench.store.accept(
            id, rows: rows, bytes: 5, sha256: Bench.digest(9), key: key, allowDuplicate: allowDuplicate,
            at: bench.now)
    }
}
