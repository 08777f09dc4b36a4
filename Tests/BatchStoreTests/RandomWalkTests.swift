import BatchCore
import GRDB
import Testing

@testable import BatchStore

/// Any verbs in any order, with restarts anywhere: every row stays in exactly the state that the model has.
@Suite struct RandomWalkTests {
    @Test(arguments: 1...4) func everyRowIsWhereItsHistoryPutsIt(seed: UInt64) async throws {
        var walk = try Walk(seed: seed)
        for step in 0..<300 {
            await Task.yield()  // Other tests need the thread as well.
            let verb = try walk.step()
            try walk.compare("seed \(seed), step \(step): \(verb)")
        }
        try walk.compare("seed \(seed), at the end", all: true)
        try walk.end()
        try walk.compare("seed \(seed), after the end", all: true)
        // The walk has been everywhere.
        if seed == 3 { #expect(walk.verbs.isSuperset(of: Walk.all)) }
    }
}

struct Walk {
    static let all: Set<String> = [
        "load", "accept", "discard", "claim", "move", "release", "archive", "settle", "absent", "settled",
        "sweep", "cancel",
        "hold", "pause", "unpause", "again", "give up",
        "resume", "finish", "reopen", "later",
    ]

    let bench: Bench
    var model = Model()
    var random: SeededGenerator
    var verbs: Set<String> = []
    /// Nothing goes wrong any more.
    var isEnding = false
    /// The rows that succeeded, in the order in which they did, for each object.
    var done: [String: [(place: Int, number: Int)]] = [:]

    init(seed: UInt64) throws {
        bench = try Bench()
        random = SeededGenerator(seed: seed)
    }

    mutating func pick<C: Collection>(_ items: C) -> C.Element? { items.randomElement(using: &random) }
    mutating func below(_ bound: Int) -> Int { Int.random(in: 0..<bound, using: &random) }

    mutating func step() throws -> String {
        let verb: String
        switch below(100) {
        case 0..<5: verb = "reopen"
        case 5..<12: verb = "later"
        case 12..<14: verb = "cancel"
        case 14..<16: verb = "hold"
        case 16..<19: verb = "resume"
        case 19..<24: verb = "finish"
        case 24..<27: verb = "load"
        case 27..<34: verb = "accept"
        case 34..<44: verb = "claim"
        case 44..<46: verb = "pause"
        case 46..<50: verb = "unpause"
        case 50..<55: verb = "again"
        case 55..<60: verb = "give up"
        default: verb = "batch"
        }
        let done = try perform(verb)
        verbs.insert(done)
        return done
    }

    private mutating func perform(_ verb: String) throws -> String {
        switch verb {
        case "reopen": try bench.reopen()
        case "later": bench.now = bench.now + .seconds(Int64(below(90)))
        case "cancel": try cancel()
        case "hold": try hold()
        case "resume": try resume()
        case "finish": try finish()
        case "load": try load()
        case "accept": return try accept()
        case "claim": try claim()
        case "pause": try pause()
        case "unpause": try unpause()
        case "again": return try sendAgain()
        case "give up": return try giveUp()
        default: return try moveOn()
        }
        return verb
    }

    // MARK: - Workloads

    mutating func cancel(_ chosen: WorkloadID? = nil) throws {
        guard let id = chosen ?? pick(accepted), let load = model.loads[id] else { return }
        guard !load.isOver else {
            #expect(throws: StoreError.self) { try bench.store.cancel(id, now: true, at: bench.now) }
            return
        }
        try bench.cancel(id, now: below(2) == 0)
        model.loads[id]!.isCanceling = true
        model.loads[id]!.isHeld = false
        model.loads[id]!.isPaused = false
        model.loads[id]!.cancel(load.rows.indices.filter { load.rows[$0].state == .queued })
        model.callNext(at: bench.now)
    }

    private mutating func hold() throws {
        guard let id = pick(accepted), let load = model.loads[id] else { return }
        try bench.store.hold(id, reason: "r", at: bench.now)
        if !load.isOver, !load.isCanceling, !load.isPaused { model.loads[id]!.isHeld = true }
    }

    mutating func resume() throws {
        try bench.store.resumeHeldWorkloads(at: bench.now)
        for (id, load) in model.loads where load.counts[.queued] + load.counts[.inFlight] > 0 {
            model.loads[id]!.isHeld = false
        }
    }

    mutating func finish() throws {
        let exhausted = model.loads.filter { id, load in
            !load.isOver && !load.isHeld && !load.isLoading && !(load.isPaused && load.counts[.held] > 0)
                && load.counts[.inFlight] == 0 && model.areAllBehindOwnHeldRows(load)
                && !model.journeys.values.contains { $0.batch.workload == id }
        }.keys.sorted()
        #expect(try bench.store.exhaustedWorkloads().map(\.id) == exhausted)
        for id in exhausted {
            guard let load = model.loads[id] else { continue }
            if load.counts[.held] > 0, !load.isCanceling {
                #expect(throws: (any Error).self) { try bench.store.finish(id, as: .finished, at: bench.now) }
            } else {
                try bench.store.finish(id, as: load.isCanceling ? .canceled : .finished, at: bench.now)
                model.loads[id]!.isOver = true
                model.loads[id]!.isPaused = false
            }
        }
    }

    // MARK: - Batches

    mutating func claim(_ chosen: WorkloadID? = nil) throws {
        guard let id = chosen ?? pick(model.loads.keys.sorted()), let load = model.loads[id] else { return }
        let most = 1 + below(15)
        let expected = load.claimed(most, at: bench.now)
        guard let batch = try bench.claim(id, rows: Int64(most)) else {
            #expect(expected.isEmpty)
            return
        }
        #expect(try bench.input(of: batch) == expected.map { Bench.name(Int64($0)) })
        #expect(batch.rows == Int64(expected.count))
        for number in expected {
            model.loads[id]!.rows[number].state = .inFlight
            model.loads[id]!.rows[number].batch = batch.id
            model.loads[id]!.rows[number].due = nil
        }
        model.journeys[batch.id] = Model.Journey(batch: batch)
    }

    /// Leads one batch one step on.
    mutating func moveOn() throws -> String {
        guard let id = pick(model.journeys.keys.sorted()), let journey = model.journeys[id] else {
            return "nothing"
        }
        let name = journey.batch.phase.name
        switch name {
        case "settled", "released":
            try bench.store.swept(id)
            model.journeys[id] = nil
            return "sweep"
        case "archived" where journey.settled < journey.pieces:
            try settle(id, journey)
            return "settle"
        case "archived": return try settleAbsent(id, journey)
        case "collecting":
            let pieces = Int64(below(4))
            model.journeys[id]!.batch = try bench.lead(journey.batch, to: "archived", bytes: pieces)
            model.journeys[id]!.pieces = pieces
            model.journeys[id]!.dueBase = bench.now
            return "archive"
        default:
            if below(8) == 0 {
                try release(id, journey)
                return "release"
            }
            let next = BatchPhase.names[BatchPhase.names.firstIndex(of: name)! + 1]
            model.journeys[id]!.batch = try bench.lead(journey.batch, to: next)
            return "move"
        }
    }

    private mutating func release(_ id: BatchID, _ journey: Model.Journey) throws {
        try bench.release(journey.batch)
        let workload = journey.batch.workload
        model.journeys[id]!.batch.phase = .released(.windowMissed)
        let carried = model.loads[workload]!.carried(by: id)
        if model.loads[workload]!.isCanceling {
            model.loads[workload]!.cancel(carried)
            return model.callNext(at: bench.now)
        }
        for number in carried {
            model.loads[workload]!.rows[number].state = .queued
            model.loads[workload]!.rows[number].batch = nil
            if model.loads[workload]!.rows[number].hasFate {
                model.loads[workload]!.rows[number].due = bench.now
            }
        }
    }

    private mutating func anyDecision() -> RowDecision {
        if isEnding { return .succeeded }
        let delay = Duration.seconds(Int64(below(60)))
        return pick(
            [
                .succeeded, .succeeded, .failed(.refused), .failed(.attemptsExhausted),
                .held(.unknownOutcome),
                .held(.validation), .again(delay: delay, doubt: false), .again(delay: delay, doubt: true),
                .returned,
                .systemic,
            ] as [RowDecision])!
    }

    /// One piece of the results: rows of the batch, of others and of nobody, some of them twice, in any order.
    private mutating func settle(_ id: BatchID, _ journey: Model.Journey) throws {
        let workload = journey.batch.workload
        guard let load = model.loads[workload] else { return }
        var numbers: [Int] = []
        for _ in 0..<below(12) { numbers.append(pick(load.carried(by: id)) ?? below(load.rows.count)) }
        for _ in 0..<below(4) { numbers.append(below(load.rows.count + 5)) }
        numbers.shuffle(using: &random)
        let decisions = numbers.map { _ in anyDecision() }
        let lines = numbers.enumerated().map { ResultLine(id: Bench.name(Int64($1)), status: $0) }
        var expected = SettleTally()
        var histories: [Int: RowHistory] = [:]
        for (index, number) in numbers.enumerated() {
            guard number < load.rows.count, let row = model.loads[workload]?.rows[number], row.batch == id
            else {
                expected.odd += 1
                continue
            }
            histories[index] = RowHistory(attempts: row.attempts, doubts: row.doubts)
            expected.rows += 1
            model.loads[workload]!.rows[number] = row.after(
                decisions[index], isAbsent: false, canceling: load.isCanceling, dueBase: journey.dueBase)
            noteSuccess(of: number, in: workload)
        }
        let tally = try bench.store.settle(
            lines, odd: 0, of: journey.batch, from: journey.settled, to: journey.settled + 1,
            dueBase: journey.dueBase, at: bench.now
        ) { line, history in
            // The store may ask what would become of the row if it named what it creates, or in vain.
            let known = histories[line.status] ?? RowHistory()
            #expect(known == RowHistory(attempts: history.attempts, doubts: history.doubts))
            return decisions[line.status]
        }
        #expect((tally.rows, tally.odd) == (expected.rows, expected.odd))
        if tally.isHeld { try resume() }
        model.journeys[id]!.settled += 1
        model.callNext(at: bench.now)
    }

    /// Some of the rows without a line; which ones is the store's choice, what becomes of them is not.
    private mutating func settleAbsent(_ id: BatchID, _ journey: Model.Journey) throws -> String {
        let workload = journey.batch.workload
        var decision = isEnding ? RowDecision.returned : anyDecision()
        while decision == .succeeded { decision = anyDecision() }
        let tally = try bench.store.settleAbsent(
            of: journey.batch, dueBase: journey.dueBase, limit: Int64(1 + below(9))
        ) { _ in decision }
        guard let load = model.loads[workload] else { return "absent" }
        let carried = load.carried(by: id)
        if tally.isComplete {
            #expect(carried.isEmpty)
            try bench.store.settled(journey.batch, was: journey.batch.phase, at: bench.now)
            model.journeys[id]!.batch.phase = .settled
            return "settled"
        }
        let states = try bench.states(of: workload)
        var moved: Int64 = 0
        for number in carried where states[Int64(number)]?.state != .inFlight {
            moved += 1
            model.loads[workload]!.rows[number] = load.rows[number].after(
                decision, isAbsent: !load.rows[number].hasFate, canceling: load.isCanceling,
                dueBase: journey.dueBase)
        }
        #expect(tally.rows == moved)
        model.callNext(at: journey.dueBase)
        return "absent"
    }

    // MARK: - Comparison

    /// Workloads that are over cannot change any more; they are compared at the end.
    func compare(_ what: String, all: Bool = false) throws {
        for (id, load) in model.loads where !load.isLoading && (all || !load.isOver) {
            try compareTurns(of: id, load, what)
            let evidence = try bench.store.countsEvidence(of: id)
            #expect(evidence.kept == load.counts, "\(what)")
            #expect(evidence.derived == load.counts, "\(what)")
            #expect(evidence.stored == Int64(load.rows.count), "\(what)")
            let expected = load.rows.map(Seen.init)
            let rows = try bench.states(of: id)
            #expect(load.rows.indices.map { rows[Int64($0)].map(Seen.init) } == expected, "\(what)")
            let view = try bench.store.database.read { db in
                try Row.fetchAll(
                    db,
                    sql: "SELECT state, waits, attempts, batch FROM row WHERE workload = ? ORDER BY number",
                    arguments: ["\(id)"])
            }
            #expect(view.map(Seen.init) == expected, "\(what), in the view")
            let doubts = try bench.store.database.read { db in
                try Int.fetchOne(
                    db, sql: "SELECT coalesce(sum(doubts), 0) FROM row_state WHERE key >> 32 = \(id.rawValue)"
                )
            }
            #expect(doubts == load.rows.reduce(0) { $0 + $1.doubts }, "\(what)")
        }
        #expect(try bench.store.liveBatches().map(\.id) == model.journeys.keys.sorted(), "\(what)")
        for batch in try bench.store.liveBatches() {
            #expect(batch.phase.name == model.journeys[batch.id]?.batch.phase.name, "\(what)")
        }
    }
}

/// What can be seen of a row; whoever carried it last is of interest only while it travels.
private struct Seen: Equatable {
    var state: String
    var waits: Bool
    var attempts: Int
    var batch: String?

    init(_ line: Model.Line) {
        (state, attempts, batch) = (line.state.word, line.attempts, line.batch.map { "\($0)" })
        waits = line.waits
    }

    init(_ row: RowRecord) {
        (state, attempts, waits) = (row.state.word, row.attempts, row.ahead != nil)
        batch = row.state == .inFlight ? row.batch.map { "\($0)" } : nil
    }

    init(_ row: Row) {
        (state, attempts, waits) = (row["state"] ?? "none", row["attempts"], row["waits"])
        batch = state == "in_flight" ? row["batch"] : nil
    }
}
