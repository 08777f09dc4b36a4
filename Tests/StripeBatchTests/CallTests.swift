import BatchCore
import StripeBatch
import Testing

@Suite struct CallTests {
    private let body = Array(#"{"endpoint":{}}"#.utf8)

    @Test func aCreateCarriesWhatSection11Says() async throws {
        let job = try fixture("job-ready-for-upload")
        try await withWire(
            context: "acct_1", { _, _ in .answer("200 OK", headers: ["Request-Id: req_1"], job) }
        ) { server, client in
            let answer = try await client.createBatchJob(key: someKey, body: body).get()
            #expect(answer.snapshot.id == someJob)
            #expect(answer.requestID == "req_1")
            let request = try #require(server.requests.first)
            #expect(request.line == "POST /v2/core/batch_jobs HTTP/1.1")
            #expect(request.body == body)
            for (name, value) in [
                "authorization": "Bearer sk_test_secret", "stripe-version": "2026-09-30.preview",
                "content-type": "application/json", "idempotency-key": someKey.rawValue,
                "stripe-context": "acct_1", "user-agent": "batchd/0.1.0", "content-length": "\(body.count)",
            ] {
                #expect(request.headers[name] == value, "\(name)")
            }
            #expect(request.headers["transfer-encoding"] == nil)
            #expect(request.headers["expect"] == nil)
        }
    }

    @Test func aRetrieveAndACancelGoToTheirJob() async throws {
        let job = try fixture("job-cancelling")
        try await withWire({ _, _ in .answer("200 OK", job) }) { server, client in
            _ = try await client.retrieveBatchJob(someJob).get()
            let canceled = try await client.cancelBatchJob(someJob, key: someKey).get()
            #expect(canceled.snapshot.status == .cancelling)
            let (get, post) = (server.requests[0], server.requests[1])
            #expect(get.line == "GET /v2/core/batch_jobs/\(someJob) HTTP/1.1")
            #expect(get.body.isEmpty)
            #expect(get.headers["idempotency-key"] == nil)
            #expect(get.headers["content-type"] == nil)
            #expect(get.headers["stripe-context"] == nil)
            #expect(post.line == "POST /v2/core/batch_jobs/\(someJob)/cancel HTTP/1.1")
            #expect(post.body == Array("{}".utf8))
            #expect(post.headers["idempotency-key"] == someKey.rawValue)
        }
    }

    @Test func anIDStaysOneSegmentAndAnotherJobIsNoAnswer() async throws {
        let job = try fixture("job-complete")
        try await withWire({ _, _ in .answer("200 OK", job) }) { server, client in
            #expect(await client.retrieveBatchJob(JobID("../x?y=/#")).isUnanswered)
            #expect(server.requests[0].line == "GET /v2/core/batch_jobs/%2E%2E%2Fx%3Fy%3D%2F%23 HTTP/1.1")
        }
    }

    @Test func aRefusalKeepsItsCodeAndMessage() async throws {
        let cases: [(String, String, String)] = [
            ("404 Not Found", "error-batch-job-not-found", "batch_job_not_found"),
            ("400 Bad Request", "error-unsupported-endpoint", "batch_api_unsupported_endpoint"),
            ("409 Conflict", "error-idempotency", "idempotency_error"),
            ("429 Too Many Requests", "error-rate-limit", "account_rate_limit_exceeded"),
        ]
        for (status, name, code) in cases {
            let error = try fixture(name)
            let failure = try await withWire({ _, _ in .answer(status, error) }) { server, client in
                let failure = await client.createBatchJob(key: someKey, body: body).failure
                #expect(server.requests.count == 1)
                return failure
            }
            guard case .refused(let seen, let seenCode, let message) = failure else {
                Issue.record("\(name): \(String(describing: failure))")
                continue
            }
            #expect("\(seen)" == status.prefix(3))
            #expect(seenCode == code)
            #expect(message?.isEmpty == false)
        }
    }

    @Test func aRefusalNeedsNoBodyAndMayNotShout() async throws {
        let long = String(repeating: "\u{e9}", count: 400) + "\\u001b[2J"
        try await withWire({ number, _ in
            switch number {
            case 0: .answer("401 Unauthorized", "<html>no</html>")
            case 1: .answer("400 Bad Request", #"{"error":{"code":"c","message":"\#(long)"}}"#)
            default:
                .answer(
                    "401 Unauthorized",
                    #"{"error":{"message":"Invalid key sk_test_secret at https://x.y/?s=1 \u001b"}}"#)
            }
        }) { _, client in
            #expect(
                await client.retrieveBatchJob(someJob).failure
                    == .refused(status: 401, code: nil, message: nil))
            guard case .refused(400, "c", let message?) = await client.retrieveBatchJob(someJob).failure
            else {
                Issue.record("not refused")
                return
            }
            #expect(message.utf8.count == 500)
            #expect(
                await client.retrieveBatchJob(someJob).failure
                    == .refused(status: 401, code: nil, message: "Invalid key redacted at redacted  "))
        }
    }

    @Test func whatMakesNoSenseIsUnanswered() async throws {
        let job = try fixture("job-complete")
        let replies: [Reply] = [
            .answer("500 Internal Server Error", "<html>oops</html>"),
            .answer("503 Service Unavailable", #"{"error":{"code":"x","message":"y"}}"#),
            .answer("200 OK", "<html>welcome to the hotel wifi</html>"),
            .answer("200 OK", Array(job.prefix(job.count / 2))),
            .answer("200 OK", #"{"object":"v2.core.batch_job"}"#),
            .answer("200 OK", [UInt8](repeating: 32, count: 2 << 20)),
            .answer("302 Found", headers: ["Location: http://127.0.0.1:1/"], ""),
            .bytesThenClose(Reply.head("200 OK", ["Content-Length: \(job.count)"]) + job.dropLast(5)),
            .bytesThenClose(Array("SSH-2.0-OpenSSH_9.2\r\n".utf8)),
            .cut(bodyBytes: body.count),
        ]
        try await withWire({ number, _ in replies[number] }) { server, client in
            for number in replies.indices {
                let result = await client.createBatchJob(key: someKey, body: body)
                #expect(result.isUnanswered, "\(number): \(result)")
                // Never a second try: the next request is the next create.
                #expect(server.requests.count == number + 1)
            }
        }
    }

    @Test func aServerThatIsNotThereWasNotAsked() async throws {
        for base in ["http://127.0.0.1:1", "http://no-such-host.invalid", "ftp://x", "nonsense", ""] {
            try await withClient(base) { client in
                #expect(await client.createBatchJob(key: someKey, body: body).wasNotSent, "\(base)")
                #expect(await client.cancelBatchJob(someJob, key: someKey).wasNotSent, "\(base)")
                let look = await client.retrieveBatchJob(someJob)
                #expect(look.wasNotSent, "\(base): \(look)")
            }
        }
        // It answers at once, in plain text: no TLS can be spoken with it.
        try await PlainServer.with("HTTP/1.1 400 Bad Request\r\n\r\n") { base in
            try await withClient(base.replacing("http:", with: "https:")) { client in
                let result = await client.createBatchJob(key: someKey, body: body)
                #expect(result.wasNotSent, "\(result)")
            }
        }
    }

    @Test func manyCallsShareConnections() async throws {
        let job = try fixture("job-complete")
        try await withWire({ _, _ in .answer("200 OK", job) }) { server, client in
            await withTaskGroup { group in
                for _ in 0..<100 {
                    group.addTask { await client.retrieveBatchJob(someJob) }
                }
                for await result in group { #expect(result.failure == nil) }
            }
            #expect(server.requests.count == 100)
        }
    }
}
