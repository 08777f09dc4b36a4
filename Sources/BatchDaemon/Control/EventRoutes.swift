import BatchCore
import BatchStore
import ControlAPI
import Hummingbird
import NIOCore

/// `/v1/events`: the append-only history, as JSON Lines, up to now.
struct EventRoutes {
    let facts: Facts
    let workers: Workers

    private static let pageSize = 500

    func add(to router: ControlRouter) {
        router.get(Routes.events, .since, .id) { [facts, workers] call in
            let (workload, batch) = try facts.subject(call)
            let start = try call.number(.since) ?? 0
            return .lines(from: start, on: workers) { seq in
                let events = try facts.store.events(
                    after: seq, workload: workload, batch: batch, limit: Self.pageSize)
                var buffer = ByteBuffer()
                for event in events { try buffer.writeLine(Event(event)) }
                return (buffer, events.count < Self.pageSize ? nil : events.last?.seq)
            }
        }
    }
}

extension Facts {
    /// What a history is limited to: a workload, or a batch, which may be named by its job.
    fileprivate func subject(_ call: Call) throws -> (WorkloadID?, BatchID?) {
        guard let text = call.text(.id) else { return (nil, nil) }
        if WorkloadID(text) != nil { return (try workload(text).id, nil) }
        if BatchID(text) != nil { return (nil, try batch(text).batch.id) }
        return (nil, try batch(ofJob: text).batch.id)
    }
}

extension Event {
    init(_ record: EventRecord) {
        self.init(
            seq: Int(record.seq), at: record.at.rfc3339, kind: record.kind,
            workload: record.workload?.description, batch: record.batch?.description,
            job: record.job?.rawValue, message: record.message)
    }
}
