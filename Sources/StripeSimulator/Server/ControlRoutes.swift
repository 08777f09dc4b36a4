import Foundation
import HTTPTypes
import Hummingbird
import NIOCore

/// The simulator's own controls under `/_sim/`.
struct ControlRoutes {
    let simulator: Simulator

    /// For people who ask what there is; the README beside the sources has the details.
    static let index = """
        GET    /_sim/clock           what time it is, and how fast it runs
        POST   /_sim/clock           {"advance_seconds":777600} or {"time_scale":60}
        GET    /_sim/faults          what goes wrong
        POST   /_sim/faults          a scenario, added to that
        DELETE /_sim/faults          nothing goes wrong any more
        GET    /_sim/jobs            all jobs
        GET    /_sim/ledger          a line for each row: how often executed, in which jobs, ?row= ?job= ?by=object
                                     ?min_executions= ?min_attempts=
        GET    /_sim/ledger/summary  the same in numbers
        GET    /_sim/requests        how often each call was answered with what
        GET    /_sim/deliveries      events that were pushed
        POST   /_sim/reset           forgets all jobs, rows and faults

        """

    func add(to router: Router<SimulatorContext>) {
        let controls = router.group("_sim")
        controls.get { _, _ in Response.text(Self.index) }
        controls.get("clock") { _, _ in Response.json(await simulator.clockState) }
        controls.post("clock") { request, _ in
            let body = try await request.json()
            for name in (body.object ?? [:]).keys where name != "advance_seconds" && name != "time_scale" {
                throw APIError.malformed("parameter_unknown", "Known are advance_seconds and time_scale.")
            }
            let seconds = body["advance_seconds"]?.double
            let scale = body["time_scale"]?.double
            guard seconds ?? 0 >= 0, scale ?? 0 >= 0, seconds != nil || scale != nil else {
                throw APIError.malformed(
                    "parameter_invalid", "Give advance_seconds or time_scale, 0 or more.")
            }
            return Response.json(await simulator.setClock(advance: seconds, scale: scale))
        }
        controls.get("faults") { _, _ in Response.json(await simulator.activeFaults) }
        controls.post("faults") { request, _ in
            let buffer = try await request.body.collect(upTo: 1 << 20)
            try await simulator.add(try Scenario(json: Data(buffer.readableBytesView)))
            return Response.json(await simulator.activeFaults)
        }
        controls.delete("faults") { _, _ in
            await simulator.clearFaults()
            return Response.json(await simulator.activeFaults)
        }
        controls.get("jobs") { _, _ in Response.json(await simulator.jobList) }
        controls.get("deliveries") { _, _ in Response.json(await simulator.deliveryRecord) }
        controls.get("requests") { _, _ in Response.json(await simulator.requestCounts) }
        controls.get("ledger/summary") { _, _ in Response.json(await simulator.ledgerSummary()) }
        controls.get("ledger") { request, _ in
            let report = try await simulator.ledgerReport(Self.query(of: request))
            return Response(
                status: .ok, headers: [.contentType: "application/jsonlines"],
                body: .init { writer in
                    var report = report
                    while let text = try await report.next() {
                        try await writer.write(ByteBuffer(string: text))
                    }
                    try await writer.finish(nil)
                })
        }
        controls.post("reset") { _, _ in
            try await simulator.reset()
            return Response.json(await simulator.clockState)
        }
    }

    private static func query(of request: Request) -> LedgerReport.Query {
        let parameters = request.uri.queryParameters
        var query = LedgerReport.Query()
        query.minExecutions = parameters["min_executions"].flatMap { Int($0) } ?? 0
        query.minAttempts = parameters["min_attempts"].flatMap { Int($0) } ?? 0
        query.row = parameters["row"].map(String.init)
        query.job = parameters["job"].map(String.init)
        query.byObject = parameters["by"] == "object"
        return query
    }
}
