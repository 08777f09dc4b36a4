import BatchCore
import BatchStore
import ControlAPI
import Hummingbird
import NIOCore

/// `/v1/events`: the append-only history, as JSON Lines: up to now, or on and on.
struct EventRoutes {
    let facts: Facts
    let workers: Workers

    private static let pageSize = 500

    func add(to router: ControlRouter) {
        router.get(Routes.events, .since, .follow, .id) { [self] call in
            let (workload, batch) = try facts.subject(call)
            let start = try call.number(.since) ?? 0
            let page = { @Sendable (seq: Int64) in
                let events = try facts.store.events(
                    after: seq, workload: workload, batch: batch, limit: Self.pageSize)
                var buffer = ByteBuffer()
                for event in events { try buffer.writeLine(Event(event)) }
                return (lines: buffer, last: events.last?.seq ?? seq, isFull: events.count == Self.pageSize)
            }
            if try call.flag(.follow) { return follow(call, from: start, page) }
            return .lines(from: start, on: workers) { seq in
                let read = try page(seq)
                return (read.lines, read.isFull ? read.last : nil)
            }
        }
    }

    /// Goes on until the client hangs up or the daemon stops. In between it sleeps until the history grows.
    private func follow(
        _ call: Call, from start: Int64,
        _ page: @escaping @Sendable (Int64) throws -> (lines: ByteBuffer, last: Int64, isFull: Bool)
    ) -> Response {
        let body = ResponseBody { [facts, workers] writer in
            let news = facts.store.news()
            defer { news.end() }
            try await call.body.consumeWithInboundCloseHandler { _ in
                try await withThrowingTaskGroup(of: Void.self) { group in
                    group.addTask {
                        await facts.daemon.untilStopping()
                        news.end()
                    }
                    var seq = start
                    for await _ in news.rings {
                        var isFull = true
                        while isFull {
                            let here = seq
                            let read = try await workers.run { try page(here) }
                            (seq, isFull) = (read.last, read.isFull)
                            if read.lines.readableBytes > 0 { try await writer.write(read.lines) }
                        }
                    }
                    group.cancelAll()
                }
            } onInboundClosed: {
                news.end()
            }
            try await writer.finish(nil)
        }
        return Response(status: .ok, headers: [.contentType: "application/jsonl"], body: body)
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
            job: record.job?.rawValue, message: record.message, uid: record.uid.map { Int($0) },
            user: record.uid.flatMap(Names.user))
    }
}
