import BatchCore
import GRDB
import Testing

@testable import BatchStore

// Workloads with objects in common: submitted, cut off, and led to their end.
extension Walk {
    /// Workloads that were accepted.
    var accepted: [WorkloadID] { model.loads.filter { !$0.value.isLoading }.keys.sorted() }

    /// A workload whose rows are all stored; mostly one that already has its place before others.
    mutating func load() throws {
        guard model.loads.values.filter({ !$0.isOver }).count < 4 else { return }
        let count = 1 + below(25)
        let unique = below(1_000_000)
        let objects = (0..<count).map { below(2) == 0 ? "cus_\(below(9))" : "own_\(unique)_\($0)" }
        let id = try bench.load(objects: objects, perRun: 1 + below(12))
        var load = Model.Load(rows: objects.map { Model.Line(object: $0) })
        load.isLoading = true
        model.loads[id] = load
        if below(3) > 0 { try seal(id) }
    }

    private mutating func seal(_ id: WorkloadID) throws {
        try bench.seal(id)
        model.loads[id]!.place = model.nextPlace
    }

    /// Accepts a workload, or discards it as if the daemon had died at the last moment.
    mutating func accept() throws -> String {
        let loading = model.loads.filter(\.value.isLoading).keys.sorted()
        guard let id = pick(loading) else {
            try load()
            return "load"
        }
        if model.loads[id]!.place == 0 { try seal(id) }
        try bench.lineUp(id, limit: 1 + below(6))
        if below(4) == 0 {
            try bench.reopen()
            while try !bench.store.discardSome(of: id, limit: 1 + below(9), at: bench.now) {}
            model.loads[id] = nil
            model.callNext(at: bench.now)
            return "discard"
        }
        var load = model.loads[id]!
        load.isLoading = false
        for number in load.rows.indices { load.rows[number].waits = model.isBehind(number, of: load) }
        // Short runs between rows that wait have states of their own too.
        if load.rows.contains(where: \.waits) {
            for number in load.rows.indices {
                load.rows[number].hasFate = true
                load.rows[number].due = load.rows[number].waits ? nil : bench.now
            }
        }
        model.loads[id] = load
        try bench.accept(id, rows: load.rows.count, perStep: below(2) == 0 ? .max : 1 + below(9))
        return "accept"
    }

    /// Remembers who changed an object last.
    mutating func noteSuccess(of number: Int, in workload: WorkloadID) {
        guard let load = model.loads[workload], load.rows[number].state == .succeeded else { return }
        done[load.rows[number].object, default: []].append(load.place(of: number))
    }

    /// Everything goes well from here on, and a person gives up what is held: nothing may be left waiting.
    mutating func end() throws {
        isEnding = true
        for _ in 0..<400 where !model.loads.values.allSatisfy(\.isOver) {
            bench.now = bench.now + .minutes(2)
            if model.loads.values.contains(where: \.isLoading) { _ = try accept() }
            try resume()
            for id in accepted where model.loads[id]?.isOver == false {
                if model.loads[id]!.isPaused {
                    try bench.store.resume(.workload(id), byPerson: true, at: bench.now)
                    model.loads[id]!.isPaused = false
                }
                let load = model.loads[id]!
                let isStuck = (load.isHeld || load.counts[.held] > 0) && !load.isCanceling
                if isStuck { try cancel(id) }
                try claim(id)
            }
            for _ in 0..<(20 * model.journeys.count) { _ = try moveOn() }
            try finish()
        }
        let left = model.loads.filter { !$0.value.isOver }.keys.sorted()
        #expect(left.isEmpty)
        #expect(try bench.number("SELECT count(*) FROM object_turn") == 0)
        #expect(try bench.number("SELECT count(*) FROM row_state WHERE waits = 1") == 0)
        for (object, rows) in done {
            let isInOrder = zip(rows, rows.dropFirst()).allSatisfy { $0 < $1 }
            #expect(isInOrder, "\(object): \(rows)")
        }
    }

    func compareTurns(of id: WorkloadID, _ load: Model.Load, _ what: String) throws {
        #expect(try bench.store.turnsEvidence(of: id).holds, "\(what)")
        let record = try bench.store.workload(id)
        let waiting = load.rows.count { $0.waits }
        #expect(record?.waiting == Int64(waiting), "\(what)")
        if !load.isOver { #expect(try bench.store.nextDue(in: id) == load.nextDue, "\(what)") }
        let flying = model.loads.values.flatMap(\.rows).filter { $0.state == .inFlight }.map(\.object)
        #expect(Set(flying).count == flying.count, "\(what): one object twice in flight")
    }
}
