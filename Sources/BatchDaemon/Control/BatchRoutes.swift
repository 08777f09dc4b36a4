import BatchCore
import BatchStore
import ControlAPI
import Hummingbird

/// `/v1/batches`: the sets of rows that travel together.
struct BatchRoutes {
    let facts: Facts

    func add(to router: ControlRouter) {
        router.get(Routes.batches, .state, .queue, .workload) { [facts] call in
            let names = BatchPhase.names
            let phase = try call.word(.state, of: names) { names.contains($0) ? $0 : nil }
            let records = try facts.store.batches(
                of: try facts.workloadFilter(call), queue: try facts.queueFilter(call), phase: phase)
            return try .json(List(data: records.map(ControlAPI.Batch.init)))
        }
        router.get(Routes.batch(":id")) { [facts] call in
            try .json(ControlAPI.Batch(try facts.batch(call.id)))
        }
    }
}

extension ControlAPI.Batch {
    init(_ record: BatchRecord) {
        let batch = record.batch
        var reason = record.lastFailure
        if case .released(let why) = batch.phase { reason = why.rawValue }
        self.init(
            id: batch.id.description, workload: batch.workload.description, queue: batch.queue,
            state: batch.phase.name, reason: reason, rows: Int(batch.rows),
            bytes: record.input.map { Int($0.bytes) }, sha256: record.input?.sha256.description,
            job: record.job?.rawValue, createdAt: record.createdAt.rfc3339,
            since: record.changedAt.rfc3339, nextAt: batch.nextMoment?.rfc3339)
    }
}

extension BatchCore.Batch {
    /// When something happens to it next by itself; nil when it is at work, or over.
    var nextMoment: Timestamp? {
        switch phase {
        case .processing(_, let pollAt): max(pollAt, notBefore)
        case .settled, .released: nil
        default: failures > 0 ? notBefore : nil
        }
    }
}
