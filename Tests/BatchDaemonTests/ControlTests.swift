import ControlAPI
import Foundation
import Testing

@Suite(.serialized) struct ControlTests {
    static func rows(_ count: Int, prefix: String = "r") -> String {
        (0..<count).map { #"{"id":"\#(prefix)-\#($0)","path_params":{"customer":"cus_\#($0)"}}"# + "\n" }
            .joined()
    }

    @Test func aSubmissionIsAcceptedWholeAndCanBeReadBack() async throws {
        try await DaemonWorld.run { world in
            let answer = try await world.post(
                "/v1/workloads?queue=customers&name=migrate%20all", Self.rows(2500))
            #expect(answer.status == 201)
            let workload = try answer.document(SubmitAnswer.self).workload
            #expect(workload.id == "w1")
            #expect(workload.name == "migrate all")
            #expect(workload.rows.total == 2500)
            #expect(workload.source.bytes == Self.rows(2500).utf8.count)

            let rows = try await world.get("/v1/workloads/w1/rows").text.split(separator: "\n")
            #expect(rows.count == 2500)
            let first = try JSONDecoder().decode(Row.self, from: Data(rows[0].utf8))
            #expect(first.row == "r-0")
            #expect(rows[0].hasSuffix(#","input":{"id":"r-0","path_params":{"customer":"cus_0"}}}"#))
            #expect(try await world.get("/v1/workloads/w1/results").text == "")

            let listed = try await world.get("/v1/workloads?queue=customers").document(List<Workload>.self)
            #expect(listed.data.map(\.id) == ["w1"])
            let status = try await world.get("/v1/status").document(Status.self)
            #expect(status.rows.total == 2500)
            #expect(status.daemon.state == "running")
            let queues = try await world.get("/v1/queues").document(List<Queue>.self).data
            #expect(queues.map(\.state) == ["running", "idle"])
            #expect(try await world.get("/v1/audit").document(AuditReport.self).ok)
            let events = try await world.get("/v1/events?id=w1").text.split(separator: "\n")
            let event = try JSONDecoder().decode(Event.self, from: Data(events[0].utf8))
            #expect(event.kind == "accepted")
        }
    }

    @Test func badRowsRefuseTheWholeSubmissionWithTheirPlaces() async throws {
        try await DaemonWorld.run { world in
            let body = Self.rows(3) + #"{"id":"a b"}"# + "\n" + Self.rows(1)
            let answer = try await world.post("/v1/workloads?queue=customers", body)
            #expect(answer.status == 422)
            let error = try answer.document(ErrorBody.self).error
            #expect(error.code == "bad_rows")
            #expect(error.details?.map(\.line) == [4])
            #expect(try await world.get("/v1/workloads").document(List<Workload>.self).data.isEmpty)
        }
    }

    @Test func theSameContentIsRefusedAndTheSameKeyGivesTheSameWorkload() async throws {
        try await DaemonWorld.run { world in
            let path = "/v1/workloads?queue=customers"
            _ = try await world.post(path + "&key=k", Self.rows(3))
            let again = try await world.post(path, Self.rows(3))
            #expect(again.status == 409)
            #expect(
                try again.error() == [
                    "duplicate_content", "The same content was submitted to customers before, as w1.",
                    "See 'batchctl show w1'. To run it once more: --allow-duplicate.",
                ])
            #expect(try await world.post(path + "&allow_duplicate=true", Self.rows(3)).status == 201)
            let same = try await world.post(path + "&key=k", Self.rows(3))
            #expect(same.status == 200)
            let answer = try same.document(SubmitAnswer.self)
            #expect(answer.existing)
            #expect(answer.workload.id == "w1")
            let other = try await world.post(path + "&key=k", Self.rows(4))
            #expect(other.status == 409)
            #expect(try other.error().first == "key_taken")
        }
    }

    @Test func aWorkloadIsCanceled() async throws {
        try await DaemonWorld.run { world in
            _ = try await world.post("/v1/workloads?queue=customers", Self.rows(3))
            #expect(try await world.post("/v1/workloads/w1/cancel?now=true").status == 200)
            var state = ""
            while state != "canceled" {
                let workload = try await world.get("/v1/workloads/w1").document(Workload.self)
                state = workload.state
                #expect(workload.rows.total == 3)
            }
            #expect(try await world.post("/v1/workloads/w1/cancel").status == 200)
            let results = try await world.get("/v1/workloads/w1/results?state=canceled").text
            #expect(results.split(separator: "\n").count == 3)
        }
    }

    @Test func mistakesInCallsAreNamedWithTheRemedy() async throws {
        try await DaemonWorld.run { world in
            let mistakes: [(String, Int, [String?])] = [
                (
                    "/v1/statsu", 404,
                    [
                        "unknown_path", "There is nothing at \"GET /v1/statsu\".",
                        "Did you mean /v1/status? All paths are in GET /v1/openapi.json.",
                    ]
                ),
                (
                    "/v1/workloads?stat=held", 400,
                    ["unknown_parameter", "There is no parameter \"stat\" here.", "Did you mean state?"]
                ),
                (
                    "/v1/status?x=1", 400,
                    [
                        "unknown_parameter", "There is no parameter \"x\" here.",
                        "This path takes no parameters.",
                    ]
                ),
                (
                    "/v1/workloads?state=done", 400,
                    [
                        "bad_parameter",
                        "state must be one of loading, queued, running, paused, held, finished, canceled, "
                            + "not \"done\".", nil,
                    ]
                ),
                (
                    "/v1/queues?state=pausd", 400,
                    [
                        "bad_parameter", "state must be one of idle, running, paused, not \"pausd\".",
                        "Did you mean paused?",
                    ]
                ),
                (
                    "/v1/jobs?state=inprogress", 400,
                    [
                        "bad_parameter",
                        "state must be one of ready_for_upload, validating, in_progress, cancelling, complete, "
                            + "canceled, timeout, validation_failed, batch_failed, upload_timeout, "
                            + "results_expired, not \"inprogress\".",
                        "Did you mean in_progress?",
                    ]
                ),
                (
                    "/v1/workloads?state=held&state=held", 400,
                    ["bad_parameter", "state is given twice.", nil]
                ),
                (
                    "/v1/workloads?queue=customer", 404,
                    [
                        "unknown_queue", "There is no queue \"customer\".",
                        "Did you mean customers? Configured queues: customers, coupons.",
                    ]
                ),
                (
                    "/v1/workloads/w7", 404,
                    [
                        "not_found", "There is no workload \"w7\".",
                        "Nothing was submitted yet. See: batchctl list workloads",
                    ]
                ),
                (
                    "/v1/batches/b7", 404,
                    [
                        "not_found", "There is no batch \"b7\".",
                        "There was none yet. See: batchctl list batches",
                    ]
                ),
                ("/v1/jobs/j", 404, ["not_found", "There is no job \"j\".", "See: batchctl list jobs"]),
                (
                    "/v1/events?since=x", 400,
                    ["bad_parameter", "since must be a whole number, 0 or more, not \"x\".", nil]
                ),
            ]
            for (path, status, error) in mistakes {
                let answer = try await world.get(path)
                #expect(answer.status == status, "\(path)")
                #expect(try answer.error() == error, "\(path)")
            }
            let unnamed = try await world.post("/v1/workloads", Self.rows(1))
            #expect(unnamed.status == 400)
            #expect(
                try unnamed.error() == [
                    "missing_parameter", "Say which queue: POST /v1/workloads?queue=NAME.",
                    "Configured queues: customers, coupons.",
                ])
            let csv = try await world.post("/v1/workloads?queue=customers&format=csv", "id\n1\n")
            #expect(csv.status == 409)
            #expect(try csv.error().first == "no_template")
        }
    }

    @Test func aFullDiskRefusesSubmissionsAndNothingElse() async throws {
        try await DaemonWorld.run(minFree: "1000000TB") { world in
            let answer = try await world.post("/v1/workloads?queue=customers", Self.rows(1))
            #expect(answer.status == 503)
            #expect(try answer.error().first == "disk_full")
            #expect(try await world.get("/v1/status").status == 200)
        }
    }

    @Test(arguments: ["Content-Length: 100000", "Transfer-Encoding: chunked"])
    func aSubmissionThatIsCutShortQueuesNothing(framing: String) async throws {
        try await DaemonWorld.run { world in
            let rows = Self.rows(50)
            let isChunked = framing.hasPrefix("Transfer")
            let body = isChunked ? String(rows.utf8.count, radix: 16) + "\r\n\(rows)\r\n" : rows
            let answer = try await world.sendAndHangUp(
                "POST /v1/workloads?queue=customers HTTP/1.1\r\nHost: x\r\n\(framing)\r\n\r\n\(body)")
            #expect(answer.contains("cut_short"))
            #expect(try await world.get("/v1/workloads").document(List<Workload>.self).data.isEmpty)
        }
    }

    @Test func probesAnswerInOneWord() async throws {
        try await DaemonWorld.run { world in
            let (health, readiness) = (try await world.get("/healthz"), try await world.get("/readyz"))
            #expect(health.text == "ok\n")
            #expect(readiness.text == "running\n")
        }
    }

    @Test func theSocketBelongsToOwnerAndGroupAndGoesWithTheDaemon() async throws {
        var folder: TemporaryFolder?
        try await DaemonWorld.run { world in
            folder = world.folder
            let attributes = try FileManager.default.attributesOfItem(
                atPath: world.folder.path + "/control.sock")
            #expect(attributes[.posixPermissions] as? Int == 0o660)
        }
        let path = try #require(folder).path + "/control.sock"
        #expect(!FileManager.default.fileExists(atPath: path))
    }
}
