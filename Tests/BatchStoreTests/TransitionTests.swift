import BatchCore
import Testing

@testable import BatchStore

@Suite struct TransitionTests {
    @Test(arguments: BatchPhase.names.filter { $0 != "settled" && $0 != "released" })
    func aStaleTransitionThrowsAndChangesNothing(name: String) throws {
        let bench = try Bench()
        let workload = try bench.workload(10)
        let batch = try bench.lead(try #require(try bench.claim(workload)), to: name)
        let before = try bench.everything()
        let phases = bench.journey(batch, to: "archived")
        for stale in phases where stale.name != name {
            for next in phases {
                var moved = batch
                moved.phase = next
                #expect(throws: StoreError.staleTransition(batch.id, expected: stale.name)) {
                    try bench.store.record(moved, was: stale, at: bench.now)
                }
                #expect(throws: StoreError.staleTransition(batch.id, expected: stale.name)) {
                    try bench.store.archived(moved, was: stale, results: Bench.facts(1), at: bench.now)
                }
            }
            var released = batch
            released.phase = .released(.canceled)
            #expect(throws: StoreError.staleTransition(batch.id, expected: stale.name)) {
                try bench.store.release(released, was: stale, failure: nil, at: bench.now)
            }
        }
        #expect(throws: StoreError.self) { try bench.store.swept(batch.id) }
        #expect(throws: StoreError.self) { try bench.store.swept(BatchID(99)) }
        #expect(try bench.everything() == before)
    }

    @Test func rowsMoveOnlyWithTheVerbsThatMoveThem() throws {
        let bench = try Bench()
        var batch = try #require(try bench.claim(try bench.workload(10)))
        let before = try bench.everything()
        for phase in [BatchPhase.released(.canceled), .settled] {
            batch.phase = phase
            #expect(throws: StoreError.self) { try bench.store.record(batch, was: .staging, at: bench.now) }
        }
        for phase in bench.journey(batch, to: "settled") {
            batch.phase = phase
            #expect(throws: StoreError.self) {
                try bench.store.release(batch, was: .staging, failure: nil, at: bench.now)
            }
        }
        #expect(try bench.everything() == before)
    }

    @Test func aReleaseThatStripesWordsDoNotExplainIsNotGuessed() throws {
        let bench = try Bench()
        let batch = try #require(try bench.claim(try bench.workload(1)))
        try bench.release(batch)
        #expect(try bench.store.batch(batch.id)?.batch.phase == .released(.windowMissed))
        try bench.sql("UPDATE batch SET release_reason = 'mood'")
        #expect(throws: StoreError.self) { try bench.store.batch(batch.id) }
    }

    /// A statement that makes the end of a verb fail, and the verb.
    private struct Verb: Sendable, CustomStringConvertible {
        var description: String
        var guardedTable: String
        var call: @Sendable (Bench, WorkloadID, Batch) throws -> Void
    }

    private static let verbs: [Verb] = [
        Verb(description: "record", guardedTable: "INSERT ON event") { bench, _, batch in
            try bench.lead(batch, to: "staged")
        },
        Verb(description: "claim", guardedTable: "INSERT ON event") { bench, workload, _ in
            _ = try bench.claim(workload)
        },
        Verb(description: "release", guardedTable: "UPDATE ON workload") { bench, _, batch in
            try bench.release(batch)
        },
        Verb(description: "cancel", guardedTable: "INSERT ON event") { bench, workload, _ in
            _ = try bench.store.cancel(workload, now: true, at: bench.now)
        },
        Verb(description: "hold", guardedTable: "INSERT ON event") { bench, workload, _ in
            try bench.store.hold(workload, reason: "x", at: bench.now)
        },
        Verb(description: "append", guardedTable: "INSERT ON intake_chunk") { bench, _, _ in
            let loading = try bench.store.unfinishedLoads()[0]
            try bench.store.appendRows(try Bench.chunk(["a", "b"]), to: loading, first: 5)
        },
        Verb(description: "accept", guardedTable: "INSERT ON event") { bench, _, _ in
            let loading = try bench.store.unfinishedLoads()[0]
            try bench.store.accept(
                loading, rows: 5, bytes: 1, sha256: Bench.digest(8), key: "k", allowDuplicate: true,
                at: bench.now)
        },
    ]

    @Test(arguments: verbs.indices) func aVerbThatFailsInTheMiddleChangesNothing(index: Int) throws {
        let verb = Self.verbs[index]
        let bench = try Bench()
        let workload = try bench.workload(10)
        let batch = try #require(try bench.claim(workload, rows: 4))
        _ = try bench.load(5, first: 100)
        let trigger = "CREATE TRIGGER cut BEFORE \(verb.guardedTable) BEGIN SELECT RAISE(ABORT, 'cut'); END"
        try bench.sql(trigger)
        let before = try bench.everything()
        #expect(throws: (any Error).self, "\(verb)") { try verb.call(bench, workload, batch) }
        #expect(try bench.everything() == before, "\(verb)")
        try bench.sql("DROP TRIGGER cut")
        try verb.call(bench, workload, batch)
        #expect(try bench.everything() != before, "\(verb)")
    }

    @Test(arguments: [
        "INSERT ON row_state", "INSERT ON row_error", "UPDATE ON workload",
        "UPDATE OF settled_bytes ON batch",
    ])
    func settlingThatFailsInTheMiddleChangesNothing(table: String) throws {
        let bench = try Bench()
        let workload = try bench.workload(10)
        let batch = try bench.lead(try #require(try bench.claim(workload)), to: "archived", bytes: 5)
        let lines = (0..<5).map { ResultLine(id: "r\($0)", status: 400, error: RowError(code: "c")) }
        let condition = table.hasPrefix("INSERT") ? "WHEN NEW.key & 7 = 3" : ""
        try bench.sql("CREATE TRIGGER cut BEFORE \(table) \(condition) BEGIN SELECT RAISE(ABORT, 'cut'); END")
        let before = try bench.everything()
        #expect(throws: (any Error).self) {
            try bench.store.settle(lines, odd: 0, of: batch, from: 0, to: 5, now: bench.now)
        }
        #expect(try bench.everything() == before)
        try bench.sql("DROP TRIGGER cut")
        #expect(try bench.store.settle(lines, odd: 0, of: batch, from: 0, to: 5, now: bench.now).rows == 5)
        try bench.sql("CREATE TRIGGER cut BEFORE UPDATE ON workload BEGIN SELECT RAISE(ABORT, 'cut'); END")
        let settled = try bench.everything()
        #expect(throws: (any Error).self) {
            try bench.store.settleAbsent(of: batch, dueBase: bench.now) { _ in .returned }
        }
        #expect(try bench.everything() == settled)
    }
}
