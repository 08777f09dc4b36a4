import BatchCore
import BatchStore
import ControlAPI
import Env

extension Facts {
    /// A workload as the contract shows it. `live` are its live batches, where the caller has read them already.
    func document(_ record: WorkloadRecord, live known: [LiveLane]? = nil) throws -> Workload {
        let live = try known ?? store.lanes(of: record.id)
        let pace = Pace(record, live: live, at: clock.now())
        return Workload(
            id: record.id.description, name: record.name, queue: record.queue,
            state: ControlAPI.WorkloadState(rawValue: record.state.rawValue) ?? .running,
            reason: record.reason ?? (record.cancelWanted && !record.state.isOver ? "canceling" : nil),
            hint: try hint(for: record), createdAt: record.createdAt.rfc3339,
            finishedAt: record.finishedAt?.rfc3339, priority: Int(record.priority),
            startAfter: record.startAfter?.rfc3339, rows: ControlAPI.RowCounts(record.rows),
            waiting: try waiting(in: record),
            ratePerSecond: pace.perSecond, eta: pace.end?.rfc3339,
            batches: BatchCounts(
                total: try store.batchCount(of: record.id), active: live.count { !$0.isOver }),
            source: Source(
                bytes: Int(record.sourceBytes), sha256: record.sourceSHA256?.description ?? "")
        )
    }

    /// The rows that wait for others with the same object.
    func waiting(in record: WorkloadRecord) throws -> WaitingRows? {
        guard record.waiting > 0, let first = try store.firstWaiting(in: record.id) else { return nil }
        return WaitingRows(
            rows: Int(record.waiting), first: first.id,
            waitsFor: RowReference(workload: first.ahead.workload.description, row: first.ahead.id))
    }

    /// What a person can do about a workload that is held or paused, or that its queue holds back.
    func hint(for record: WorkloadRecord) throws -> String? {
        switch record.state {
        case .paused: return "Let it go on: batchctl resume \(record.id)"
        case .held where record.isGuarded:
            return
                "See the failed rows: \(heldCommand(record)). Go on all the same: batchctl resume \(record.id). "
                + "Give it up: batchctl cancel \(record.id)"
        case .held where record.rows[.held] > 0: return "See the rows: \(heldCommand(record))"
        case .held: return "Mend the cause, then: batchctl resume \(record.id)"
        case .queued, .running: return try queueHint(for: record)
        case .loading, .finished, .canceled: return nil
        }
    }

    private func queueHint(for record: WorkloadRecord) throws -> String? {
        guard record.rows[.queued] > 0, !record.cancelWanted else { return nil }
        if let pause = try store.pauses().first(where: {
            $0.scope == .queue(record.queue) || $0.scope == .all
        }) {
            let what = pause.scope == .all ? "Everything" : "Its queue"
            return "\(what) is paused: batchctl resume \(pause.scope)"
        }
        if let start = record.startAfter, start > clock.now() {
            return "It is to be begun later: batchctl explain \(record.id)"
        }
        guard opening(ofQueue: record.queue) != nil else { return nil }
        return "The window of its queue is closed: batchctl explain \(record.id)"
    }

    /// Shows what is held in a workload.
    func heldCommand(_ record: WorkloadRecord) -> String {
        if record.isGuarded, record.rows[.failed] > 0 { return "batchctl rows \(record.id) --state failed" }
        return record.rows[.held] > 0
            ? "batchctl rows \(record.id) --state held" : "batchctl show \(record.id)"
    }

    /// Decides what is held in a workload.
    func heldCommands(_ record: WorkloadRecord) -> [String] {
        guard record.rows[.held] > 0, !record.isGuarded else {
            return ["batchctl resume \(record.id)", "batchctl cancel \(record.id)"]
        }
        return ["release", "fail"].map { "batchctl \($0) \(record.id) --all --reason '…'" }
    }
}

extension WorkloadRecord {
    /// True when a guard rail holds it.
    var isGuarded: Bool { state == .held && GuardWord(reason: reason) != nil }
}

extension BatchPhase.Kind {
    /// True while it has a job at Stripe that has not ended.
    var hasRunningJob: Bool { isWatched }
}

extension [LiveLane] {
    /// How many batches there are in the phases for which `isCounted`.
    func count(where isCounted: (BatchPhase.Kind) -> Bool) -> Int {
        reduce(0) { isCounted($1.phase) ? $0 + $1.batches : $0 }
    }
}
