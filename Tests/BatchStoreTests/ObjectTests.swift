import BatchCore
import GRDB
import Testing

@testable import BatchStore

/// Rows for one object go one at a time, in the order in which they were submitted.
@Suite struct ObjectTests {
    @Test func rowsOfOneWorkloadForOneObjectGoOneAfterAnother() throws {
        let bench = try Bench()
        let id = try bench.submit(["a", "b", "a", "c", "a"], perRun: 2)
        #expect(try bench.waiting(in: id) == [2, 4])
        #expect(try bench.store.row(named: "r4", of: id)?.ahead == RowAhead(workload: id, id: "r0"))
        let first = try #require(try bench.claim(id))
        #expect(try bench.input(of: first) == ["r0", "r1", "r3"])
        #expect(try bench.claim(id) == nil)
        #expect(try bench.store.nextDue(in: id) == nil)
        try bench.settleAll(first)
        #expect(try bench.waiting(in: id) == [4])
        #expect(try bench.store.nextDue(in: id) == bench.now)
        for row in ["r2", "r4"] {
            let batch = try #require(try bench.claim(id))
            #expect(try bench.input(of: batch) == [row])
            try bench.settleAll(batch)
        }
        #expect(try bench.number("SELECT count(*) FROM object_turn") == 0)
        #expect(try bench.store.workload(id)?.rows[.succeeded] == 5)
    }

    @Test func aLaterWorkloadWaitsForTheRowsOfAnEarlierOneInWhateverQueue() throws {
        let bench = try Bench()
        let first = try bench.submit(["a", "b"])
        let second = try bench.submit(["b", "c"], queue: "other")
        let third = try bench.submit(["b"])
        let stranger = try bench.submit(["a", "b"], family: "/v1/coupons/")
        #expect(try bench.waiting(in: second) == [0])
        #expect(try bench.waiting(in: third) == [0])
        #expect(try bench.waiting(in: stranger) == [])
        let waiting = try #require(try bench.store.firstWaiting(in: third))
        #expect(waiting.id == "r0" && waiting.ahead == RowAhead(workload: first, id: "r1"))
        try bench.settleAll(try #require(try bench.claim(first)))
        #expect(try bench.waiting(in: second) == [])
        #expect(try bench.store.row(named: "r0", of: third)?.ahead == RowAhead(workload: second, id: "r0"))
        try bench.settleAll(try #require(try bench.claim(second)))
        #expect(try bench.waiting(in: third) == [])
    }

    /// Two submissions may arrive side by side: the one that is complete first goes first.
    @Test func theOrderIsThatInWhichSubmissionsWereComplete() throws {
        let bench = try Bench()
        let slow = try bench.load(objects: ["a", "b"])
        let quick = try bench.submit(["a"])
        try bench.seal(slow)
        let last = try bench.submit(["a", "b"])
        #expect(try bench.waiting(in: quick) == [])
        // Those that have their place are waited for before they are accepted.
        #expect(try bench.waiting(in: last) == [0, 1])
        try bench.lineUp(slow)
        try bench.accept(slow, rows: 2)
        #expect(try bench.waiting(in: slow) == [0])
        try bench.settleAll(try #require(try bench.claim(quick)))
        try bench.settleAll(try #require(try bench.claim(slow)))
        #expect(try bench.waiting(in: last) == [])
        for id in [slow, quick, last] { #expect(try bench.store.turnsEvidence(of: id).holds) }
    }

    @Test func aRowThatGoesAgainOrIsGivenBackKeepsItsTurn() throws {
        let bench = try Bench()
        let first = try bench.submit(["a"])
        let second = try bench.submit(["a"])
        try bench.release(try #require(try bench.claim(first)))
        #expect(try bench.claim(second) == nil)
        try bench.settleAll(
            try #require(try bench.claim(first)), .again(delay: .seconds(60), doubt: false))
        #expect(try bench.claim(second) == nil)
        bench.now = bench.now + .seconds(60)
        try bench.settleAll(try #require(try bench.claim(first)), .failed(.refused))
        #expect(try bench.input(of: try #require(try bench.claim(second))) == ["r0"])
    }

    @Test func aHeldRowKeepsItsTurnUntilItsWorkloadIsGivenUp() throws {
        let bench = try Bench()
        let first = try bench.submit(["a"])
        let second = try bench.submit(["a"])
        try bench.settleAll(try #require(try bench.claim(first)), .held(.unknownOutcome))
        #expect(try bench.waiting(in: second) == [0])
        // Those who come later wait for it as well.
        let third = try bench.submit(["a"])
        try bench.cancel(first, now: false)
        #expect(try bench.waiting(in: second) == [])
        #expect(try bench.waiting(in: third) == [0])
        try bench.store.finish(first, as: .canceled, at: bench.now)
    }

    @Test func aWorkloadWhoseLastRowsWaitForItsOwnHeldRowNeedsAPerson() throws {
        let bench = try Bench()
        let first = try bench.submit(["a", "a", "b"])
        let second = try bench.submit(["a"])
        try bench.settleAll(try #require(try bench.claim(first, rows: 1)), .held(.unknownOutcome))
        #expect(try bench.store.exhaustedWorkloads() == [], "a row can go")
        let other = try #require(try bench.claim(first))
        #expect(try bench.store.exhaustedWorkloads() == [], "a row is in flight")
        try bench.settleAll(other)
        // The second one needs nobody: it goes on when the first one does.
        #expect(try bench.store.exhaustedWorkloads().map(\.id) == [first])
        try bench.cancel(first)
        #expect(try bench.claim(second) != nil)
    }

    /// A workload with many contended rows is canceled in pieces, and a crash may come between any two.
    @Test func aCancelThatWasCutShortIsEndedAfterAStart() throws {
        for pieces in 0...12 {
            let bench = try Bench()
            let objects = (0..<7).map { "o\($0)" }
            let first = try bench.submit(objects)
            let second = try bench.submit(objects)
            let third = try bench.submit(objects)
            _ = try bench.store.cancel(second, now: false, at: bench.now)
            var cursor: Int64? = 0
            for _ in 0..<pieces {
                guard let place = cursor else { break }
                cursor = try bench.store.cancelSome(of: second, from: place, limit: 2, at: bench.now)
                #expect(
                    try bench.store.claim(
                        from: second, policy: Bench.policy(), size: Bench.size(rows: 9), at: bench.now) == nil
                )
            }
            try bench.reopen()
            #expect(try bench.store.cancelingWorkloads() == [second])
            if cursor != nil { #expect(try bench.store.exhaustedWorkloads().isEmpty) }
            // Those behind it wait for the first workload now, and for nobody else.
            try bench.clear(second)
            #expect(try bench.store.workload(second)?.rows[.canceled] == 7)
            #expect(try bench.waiting(in: third).count == 7)
            for id in [first, second, third] { #expect(try bench.store.turnsEvidence(of: id).holds) }
            #expect(try bench.store.exhaustedWorkloads().map(\.id) == [second])
            try bench.store.finish(second, as: .canceled, at: bench.now)
            try bench.settleAll(try #require(try bench.claim(first)))
            #expect(try bench.waiting(in: third) == [])
        }
    }

    @Test func whatIsCanceledIsWaitedForNoLonger() throws {
        let bench = try Bench()
        let first = try bench.submit(["a", "b", "c"])
        let second = try bench.submit(["a", "b", "c", "c"])
        let third = try bench.submit(["a", "b", "c"])
        let flying = try #require(try bench.claim(first, rows: 1))
        try bench.cancel(second, now: false)
        #expect(try bench.store.workload(second)?.rows[.canceled] == 4)
        #expect(try bench.store.workload(second)?.waiting == 0)
        #expect(try bench.waiting(in: third) == [0, 1, 2])
        try bench.cancel(first, now: false)
        // The row at Stripe may still run.
        #expect(try bench.waiting(in: third) == [0])
        try bench.release(flying, .canceled)
        #expect(try bench.waiting(in: third) == [])
        for id in [first, second, third] { #expect(try bench.store.turnsEvidence(of: id).holds) }
    }

    @Test func aLoadThatWasCutOffLetsOthersGoOn() throws {
        let bench = try Bench()
        let first = try bench.submit(["a", "a"])
        let lost = try bench.load(objects: ["a", "b", "a", "b"], perRun: 2)
        try bench.seal(lost)
        try bench.lineUp(lost)
        _ = try bench.store.layOut(lost, from: 0, rows: 4, at: bench.now, limit: 1)
        let next = try bench.submit(["b"])
        #expect(try bench.waiting(in: next) == [0])
        try bench.reopen()
        while try !bench.store.discardSome(of: lost, limit: 1, at: bench.now) {}
        #expect(try bench.waiting(in: next) == [])
        #expect(try bench.input(of: try #require(try bench.claim(next))) == ["r0"])
        #expect(try bench.number("SELECT count(*) FROM object_block WHERE workload = \(lost.rawValue)") == 0)
        #expect(try bench.number("SELECT count(*) FROM row_state WHERE key >> 32 = \(lost.rawValue)") == 0)
        #expect(try bench.everything()["object_block"]?.count == 2)
        #expect(try bench.waiting(in: first) == [1])
        #expect(try bench.store.turnsEvidence(of: first).holds)
    }

    @Test func aWorkloadWithoutSharedObjectsPaysNothing() throws {
        let bench = try Bench()
        _ = try bench.submit((0..<300).map { "x\($0)" })
        let id = try bench.submit((0..<5000).map { "y\($0)" }, perRun: 1000)
        #expect(try bench.number("SELECT count(*) FROM object_turn") == 0)
        #expect(try bench.number("SELECT count(*) FROM row_state") == 0)
        #expect(try bench.number("SELECT count(*) FROM slice WHERE workload = \(id.rawValue)") == 1)
        #expect(try bench.number("SELECT sum(turns) + sum(waiting) FROM workload") == 0)
        #expect(try bench.claim(id)?.rows == 5000)
    }

    /// Rows between those that wait stay slices where that pays.
    @Test(arguments: [1, 3, 1000, .max]) func rowsAroundThoseThatWaitGoAtOnce(perStep: Int) throws {
        let bench = try Bench()
        var objects = (0..<3000).map { "x\($0)" }
        for number in [1, 600, 602, 1500, 2999] { objects[number] = "x0" }
        let id = try bench.load(objects: objects, perRun: 700)
        try bench.seal(id)
        try bench.lineUp(id)
        try bench.accept(id, rows: 3000, perStep: perStep)
        #expect(try bench.waiting(in: id) == [1, 600, 602, 1500, 2999])
        #expect(try bench.number("SELECT count(*) FROM slice") == 3)
        #expect(try bench.number("SELECT count(*) FROM row_state") == 7)
        let counts = try bench.store.countsEvidence(of: id)
        #expect(counts.kept == counts.derived)
        let batch = try #require(try bench.claim(id))
        #expect(batch.rows == 2995)
        #expect(try bench.input(of: batch).count == 2995)
        try bench.settleAll(batch)
        for row in ["r1", "r600", "r602", "r1500", "r2999"] {
            let batch = try #require(try bench.claim(id))
            #expect(try bench.input(of: batch) == [row])
            try bench.settleAll(batch)
        }
    }

    @Test func aComparisonFindsWhatComparingEachWithEachFinds() throws {
        let bench = try Bench()
        var random = SeededGenerator(seed: 7)
        // One object fills blocks, some are common, most are alone.
        func objects(_ count: Int) -> [String] {
            (0..<count).map { _ in
                switch Int.random(in: 0..<10, using: &random) {
                case 0..<4: "all"
                case 4: "some\(Int.random(in: 0..<50, using: &random))"
                default: "o\(Int.random(in: 0..<1_000_000, using: &random))"
                }
            }
        }
        let earlier = [objects(9000), objects(10), objects(3000)]
        let ids = try earlier.map { try bench.load(objects: $0, perRun: 4000) }
        for id in ids { try bench.seal(id) }
        let own = objects(12_000)
        let id = try bench.load(objects: own, perRun: 5000)
        try bench.seal(id)
        var comparison = try ObjectComparison(of: id, in: bench.store)
        var found: [SharingRow] = []
        while let rows = try comparison.next(limit: 1000) {
            #expect(rows.count <= 1000)
            found += rows
        }
        func key(_ value: String) -> ObjectKey { ObjectKey(family: Bench.family, context: nil, value: value) }
        let ownCounts = Dictionary(grouping: own, by: \.self).mapValues(\.count)
        let theirs = Dictionary(grouping: earlier.joined(), by: \.self).mapValues(\.count)
        var expected: [SharingRow] = []
        for (index, object) in own.enumerated() where ownCounts[object]! > 1 || theirs[object] != nil {
            expected.append(
                SharingRow(
                    object: key(object), key: RowKey(id, Int64(index)), isSharedWithin: ownCounts[object]! > 1
                ))
        }
        for (other, objects) in zip(ids, earlier) {
            for (index, object) in objects.enumerated() where ownCounts[object] != nil {
                expected.append(
                    SharingRow(
                        object: key(object), key: RowKey(other, Int64(index)), isSharedWithin: false))
            }
        }
        #expect(Set(found) == Set(expected))
        #expect(found.count == expected.count)
        // In the order in which they are to be put in line.
        let order = found.map { ($0.object, $0.key.workload == id ? 1 : 0, $0.key) }
        let isInOrder = zip(order, order.dropFirst()).allSatisfy { $0 < $1 }
        #expect(isInOrder)
    }

    @Test func nothingIsComparedThatWouldBeRefusedAsADuplicate() throws {
        let bench = try Bench()
        let first = try bench.submit(["a"])
        let second = try bench.load(objects: ["a"])
        let digest = Bench.digest(UInt8(first.rawValue))
        #expect(throws: StoreError.duplicateContent(first)) {
            try bench.store.seal(second, sha256: digest, key: nil, allowDuplicate: false)
        }
        // Without a place it cannot be accepted.
        #expect(throws: DatabaseError.self) { try bench.accept(second, rows: 1) }
    }

    @Test func objectsAreForgottenInPiecesAtTheEnd() throws {
        let bench = try Bench()
        let id = try bench.submit((0..<10).map { "x\($0)" }, perRun: 1)
        #expect(try bench.number("SELECT count(*) FROM object_block") == 10)
        var calls = 1
        while try !bench.store.forgetObjects(of: id, limit: 3) { calls += 1 }
        #expect(calls == 4)
        #expect(try bench.number("SELECT count(*) FROM object_block") == 0)
    }

    @Test(arguments: [
        "UPDATE row_state SET waits = 0, due_at = 1 WHERE waits = 1",
        "DELETE FROM object_turn WHERE key >> 32 = 2", "DELETE FROM object_turn WHERE key >> 32 = 1",
        "UPDATE workload SET waiting = 0 WHERE id = 2", "UPDATE workload SET turns = 5 WHERE id = 2",
        "UPDATE object_turn SET object = object + 1 WHERE key >> 32 = 2",
    ])
    func theAuditSeesARowThatIsOutOfTurn(change: String) throws {
        let bench = try Bench()
        _ = try bench.submit(["a"])
        let second = try bench.submit(["a"])
        #expect(try bench.store.turnsEvidence(of: second).holds)
        try bench.sql(change)
        #expect(try !bench.store.turnsEvidence(of: second).holds)
    }

    @Test func noWorkloadEndsWhileOthersWaitForIt() throws {
        let bench = try Bench()
        let first = try bench.submit(["a"])
        _ = try bench.submit(["a"])
        #expect(throws: DatabaseError.self) {
            try bench.sql(
                "UPDATE workload SET state = 'canceled', finished_at = 1, queued = 0, canceled = 1 WHERE id = \(first.rawValue)"
            )
        }
    }
}
