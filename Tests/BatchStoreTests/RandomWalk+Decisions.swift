import BatchCore
import Testing

@testable import BatchStore

// What a person decides, at any moment.
extension Walk {
    mutating func pause() throws {
        guard let id = pick(accepted), let load = model.loads[id] else { return }
        let pause = Pause(scope: .workload(id), reason: nil, since: bench.now, until: nil)
        guard !load.isOver, !load.isCanceling else {
            #expect(throws: StoreError.self) { try bench.store.pause(pause) }
            return
        }
        try bench.store.pause(pause)
        (model.loads[id]!.isPaused, model.loads[id]!.isHeld) = (true, false)
    }

    mutating func unpause() throws {
        guard let id = pick(accepted), let load = model.loads[id] else { return }
        guard !load.isOver, !load.isCanceling else { return }
        let wasStopped = try bench.store.resume(.workload(id), byPerson: true, at: bench.now)
        #expect(wasStopped == (load.isPaused || load.isHeld))
        (model.loads[id]!.isPaused, model.loads[id]!.isHeld) = (false, false)
    }

    /// Sends rows again that are held or have failed, also those of a workload that has finished.
    mutating func sendAgain() throws -> String {
        let state = below(3) == 0 ? RowState.held : .failed
        guard let (id, chosen) = try choose(state) else { return "nothing" }
        var rows = chosen
        for index in rows.indices {
            let object = model.loads[id]!.rows[Int(rows[index].key.number)].object
            rows[index].object = ObjectKey(family: Bench.family, context: nil, value: object)
        }
        let place = model.nextPlace
        #expect(
            try bench.store.sendAgain(rows, in: state, of: id, why: "", at: bench.now).count == rows.count)
        reopen(id)
        // One after the other, as they enter the line.
        for number in rows.map({ Int($0.key.number) }) {
            model.loads[id]!.rows[number].state = .queued
            if state == .failed { model.loads[id]!.rows[number].latePlace = place }
            let isBehind = state == .failed && model.isBehind(number, of: model.loads[id]!)
            model.loads[id]!.rows[number].waits = isBehind
            model.loads[id]!.rows[number].due = isBehind ? nil : bench.now
        }
        return "again"
    }

    mutating func giveUp() throws -> String {
        guard let (id, rows) = try choose(.held) else { return "nothing" }
        #expect(try bench.store.giveUp(rows, of: id, why: "", at: bench.now) == rows.count)
        reopen(id)
        for row in rows { model.loads[id]!.rows[Int(row.key.number)].state = .failed }
        model.callNext(at: bench.now)
        return "give up"
    }

    /// Some rows in this state of a workload that may still go on.
    private mutating func choose(_ state: RowState) throws -> (WorkloadID, [SelectedRow])? {
        let open = accepted.filter { id in
            guard let load = model.loads[id], !load.isCanceling else { return false }
            return load.counts[state] > 0
        }
        guard let id = pick(open) else { return nil }
        let all = try bench.store.select(RowSelection(state), of: id).rows
        #expect(all.count == Int(model.loads[id]!.counts[state]))
        // Those that validation refused go alone: another test's business.
        let known = try bench.states(of: id)
        let able = all.filter { known[$0.key.number]?.reason != "validation" }
        return able.isEmpty ? nil : (id, Array(able.prefix(1 + below(able.count))))
    }

    private mutating func reopen(_ id: WorkloadID) {
        (model.loads[id]!.isOver, model.loads[id]!.isHeld) = (false, false)
    }
}
