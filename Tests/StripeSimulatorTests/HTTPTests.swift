import AsyncHTTPClient
import NIOCore
import NIOHTTP1
import Testing

@testable import StripeSimulator

/// Over a real socket: what only shows there.
@Suite struct HTTPTests {
    /// A client of one server.
    struct Client: Sendable {
        let base: String

        func send(
            _ method: String, _ path: String, _ body: String? = nil, headers: [(String, String)] = []
        ) async throws -> (status: Int, headers: [String: String], body: JSONValue, text: String) {
            var request = HTTPClientRequest(url: path.hasPrefix("http") ? path : base + path)
            request.method = .init(rawValue: method)
            if path.hasPrefix("/v2") {
                request.headers.add(name: "Authorization", value: "Bearer sk_test_http")
                request.headers.add(name: "Stripe-Version", value: "2026-09-30.preview")
                request.headers.add(name: "Content-Type", value: "application/json")
            }
            for (name, value) in headers { request.headers.replaceOrAdd(name: name, value: value) }
            if let body { request.body = .bytes(ByteBuffer(string: body)) }
            let response = try await HTTPClient.shared.execute(request, timeout: .seconds(20))
            let text = String(buffer: try await response.body.collect(upTo: 1 << 24))
            var fields: [String: String] = [:]
            for (name, value) in response.headers { fields[name.lowercased()] = value }
            return (Int(response.status.code), fields, JSONValue(parsing: text.utf8) ?? .null, text)
        }

        func create(headers: [(String, String)] = []) async throws -> JSONValue {
            let body = String(decoding: Bench.body().bytes, as: UTF8.self)
            return try await send("POST", "/v2/core/batch_jobs", body, headers: headers).body
        }

        func upload(_ text: String, to job: JSONValue, type: String = "application/octet-stream") async throws
            -> Int
        {
            let details = job["status_details"]?["ready_for_upload"]
            let url = try #require(details?["upload_url"]?["url"]?.string)
            return try await send("PUT", url, text, headers: [("Content-Type", type)]).status
        }

        func faults(_ scenario: String) async throws {
            #expect(try await send("POST", "/_sim/faults", scenario).status == 200)
        }

        /// The job's result link, once the job is complete.
        func complete(_ job: JSONValue) async throws -> String {
            let id = try #require(job["id"]?.string)
            _ = try await send("POST", "/_sim/clock", "{\"advance_seconds\":600}")
            let now = try await send("GET", "/v2/core/batch_jobs/\(id)").body
            let file = now["status_details"]?["complete"]?["output_file"]
            return try #require(file?["download_url"]?["url"]?.string)
        }
    }

    /// Runs `body` against a server whose clock stands still.
    private func withServer(
        hasRateLimits: Bool = false, _ body: @escaping @Sendable (Client) async throws -> Void
    ) async throws {
        var configuration = SimulatorServer.Configuration()
        configuration.port = 0
        configuration.timeScale = 0
        configuration.hasRateLimits = hasRateLimits
        let (ports, continuation) = AsyncStream.makeStream(of: Int.self)
        let server = SimulatorServer(configuration) { continuation.yield($0.port) }
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await server.run() }
            group.addTask {
                for await port in ports { return try await body(Client(base: "http://127.0.0.1:\(port)")) }
            }
            try await group.next()
            group.cancelAll()
        }
    }

    @Test func aJobGoesFromCreateToItsResults() async throws {
        try await withServer { client in
            let job = try await client.create()
            #expect(try await client.upload(Bench.customers(50), to: job) == 200)
            let url = try await client.complete(job)
            #expect(try await client.send("GET", url).text.split(separator: "\n").count == 50)
        }
    }

    @Test func callsBeyondTheRateAreRefusedWithAReason() async throws {
        try await withServer(hasRateLimits: true) { client in
            let bodies = [("v2", "account_rate_limit_exceeded"), ("v1", "rate_limit"), ("empty", nil)]
            for (form, code) in bodies {
                // So low a rate lets one call in, however slow this machine is.
                try await client.faults(
                    """
                    {"limits":{"account_per_second":0.0001},"quirks":{"rate_limit_body":"\(form)"}}
                    """)
                let path = "/v2/core/batch_jobs/batchv2_x"
                _ = try await client.send("GET", path)
                let answer = try await client.send("GET", path)
                #expect(answer.status == 429)
                #expect(answer.headers["stripe-rate-limited-reason"] == "global-rate")
                #expect(answer.headers["retry-after"] == nil)
                #expect(answer.headers["request-id"]?.hasPrefix("req_") == true)
                #expect(answer.body["error"]?["code"]?.string == code)
            }
        }
    }

    @Test func aScenarioLimitsWhatIsUnderWayAndWhatIsRead() async throws {
        try await withServer { client in
            // Whichever create comes first is under way for long, and the others find no room.
            try await client.faults(
                """
                {"limits":{"endpoint_concurrent":1,"reads_per_30_days":1},
                 "wire":[{"on":"create","action":"delay","delay_ms":10000}]}
                """)
            let first = try await withThrowingTaskGroup { group in
                for _ in 0..<3 {
                    group.addTask {
                        let body = String(decoding: Bench.body().bytes, as: UTF8.self)
                        return try await client.send("POST", "/v2/core/batch_jobs", body)
                    }
                }
                defer { group.cancelAll() }
                return try await group.next()
            }
            let refused = try #require(first)
            #expect(refused.status == 429)
            #expect(refused.headers["stripe-rate-limited-reason"] == "endpoint-concurrency")
            let reads = [
                try await client.send("GET", "/v2/core/events"),
                try await client.send("GET", "/v2/core/events"),
            ]
            #expect(reads.map(\.status) == [200, 429])
            #expect(reads[1].body["error"]?["type"] == "quota_exceeded")
            #expect(reads[1].headers["stripe-rate-limited-reason"] == nil)
        }
    }

    @Test func everyAnswerCarriesARequestIDAndRefusalsSayWhy() async throws {
        try await withServer { client in
            let missing = try await client.send("GET", "/v2/core/batch_jobs/batchv2_x")
            #expect(missing.status == 404)
            #expect(missing.headers["request-id"]?.hasPrefix("req_") == true)
            let anonymous = try await client.send(
                "GET", "/v2/core/batch_jobs/x", headers: [("Authorization", "Bearer pk_test_x")])
            #expect(anonymous.status == 401)
            let elsewhere = try await client.send("GET", "/v2/core/nothing")
            #expect(elsewhere.body["error"]?["code"] == "not_found")
        }
    }

    @Test func aLostAnswerToACreateIsFoundAgainByItsKey() async throws {
        try await withServer { client in
            try await client.faults("{\"wire\":[{\"on\":\"create\",\"action\":\"lose_after\"}]}")
            await #expect(throws: (any Error).self) {
                try await client.create(headers: [("Idempotency-Key", "k")])
            }
            let job = try await client.create(headers: [("Idempotency-Key", "k")])
            let jobs = try await client.send("GET", "/_sim/jobs").body["jobs"]
            guard case .array(let list) = jobs else { return #expect(Bool(false)) }
            #expect(list.map { $0["id"] } == [job["id"]])
        }
    }

    @Test func anUploadThatIsCutHasNoEffect() async throws {
        try await withServer { client in
            try await client.faults(
                "{\"wire\":[{\"on\":\"upload\",\"action\":\"cut\",\"after_bytes\":1000}]}")
            let job = try await client.create()
            let file = Bench.customers(50_000)
            await #expect(throws: (any Error).self) { try await client.upload(file, to: job) }
            let id = try #require(job["id"]?.string)
            #expect(
                try await client.send("GET", "/v2/core/batch_jobs/\(id)").body["status"] == "ready_for_upload"
            )
            #expect(try await client.upload(file, to: job) == 200)
        }
    }

    @Test func anUploadOfAnotherTypeIsRefused() async throws {
        try await withServer { client in
            let job = try await client.create()
            #expect(
                try await client.upload(Bench.customers(1), to: job, type: "application/jsonlines") == 403)
        }
    }

    @Test func aCutDownloadGoesOnWhereItStopped() async throws {
        try await withServer { client in
            let job = try await client.create()
            _ = try await client.upload(Bench.customers(200), to: job)
            let url = try await client.complete(job)
            let whole = try await client.send("GET", url).text
            try await client.faults(
                "{\"wire\":[{\"on\":\"download\",\"action\":\"cut\",\"after_bytes\":5000}]}")
            await #expect(throws: (any Error).self) { try await client.send("GET", url) }
            let rest = try await client.send("GET", url, headers: [("Range", "bytes=5000-")])
            #expect(rest.status == 206)
            #expect(rest.text.utf8.elementsEqual(whole.utf8.dropFirst(5000)))
            let beyond = try await client.send("GET", url, headers: [("Range", "bytes=\(whole.utf8.count)-")])
            #expect(beyond.status == 416)
        }
    }

    @Test func aTamperedLinkIsRefused() async throws {
        try await withServer { client in
            let job = try await client.create()
            let details = job["status_details"]?["ready_for_upload"]
            let url = try #require(details?["upload_url"]?["url"]?.string)
            let answer = try await client.send(
                "PUT", url + "0", "{}", headers: [("Content-Type", "application/octet-stream")])
            #expect(answer.status == 403)
            #expect(answer.text.contains("<Code>SignatureDoesNotMatch</Code>"))
        }
    }

    @Test func resetForgetsEverything() async throws {
        try await withServer { client in
            let job = try await client.create()
            _ = try await client.upload(Bench.customers(5), to: job)
            _ = try await client.complete(job)
            #expect(try await client.send("POST", "/_sim/reset").status == 200)
            #expect(try await client.send("GET", "/_sim/ledger").text.isEmpty)
            #expect(try await client.send("GET", "/_sim/ledger/summary").body["attempts"] == 0)
        }
    }
}
