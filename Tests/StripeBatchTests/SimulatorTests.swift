import BatchCore
import Env
import Foundation
import StripeBatch
import StripeSimulator
import Testing

/// The wire against the local Stripe, which was written from the same documents by other hands.
@Suite struct SimulatorTests {
    /// A local Stripe that executes 100,000 rows a second, and a client of it.
    private func withSimulator(
        _ scenario: String = "{}", _ body: @Sendable @escaping (Local) async throws -> Void
    ) async throws {
        var configuration = SimulatorServer.Configuration()
        configuration.port = 0
        configuration.seed = 1
        configuration.rowsPerSecond = 100_000
        configuration.scenario = try Scenario(json: Data(scenario.utf8))
        let (ports, listening) = AsyncStream.makeStream(of: Int.self)
        let server = SimulatorServer(configuration) { listening.yield($0.port) }
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await server.run() }
            group.addTask {
                guard let port = await ports.first(where: { _ in true }) else { return }
                let base = "http://127.0.0.1:\(port)"
                try await withClient(base) { try await body(Local(client: $0, base: base)) }
            }
            // The server ends by being cancelled; the test ends first.
            try await group.next()
            group.cancelAll()
        }
    }

    private struct Local {
        let client: StripeClient
        let base: String

        func create(key: IdempotencyKey = someKey) async -> Result<JobAnswer, CallFailure> {
            await client.createBatchJob(
                key: key,
                body: CreateRequest.body(
                    endpointPath: "/v1/customers/:customer", method: "POST", skipValidation: false,
                    notificationSuppression: .none, maximumRPS: 10, metadata: ["batch": "b1"],
                    apiVersion: client.account.apiVersion))
        }

        func upload(_ rows: Int, to url: SecretURL) async throws -> Result<Void, CallFailure> {
            let lines = (0..<rows).map {
                #"{"id":"r-\#($0)","path_params":{"customer":"cus_\#($0)"},"params":{"name":"n"}}"# + "\n"
            }
            let bytes = Array(lines.joined().utf8)
            return try await client.upload(pieces(of: bytes), to: url, within: .seconds(60))
        }

        /// Looks until the job has ended.
        func ended(_ job: JobID) async throws -> JobAnswer {
            while true {
                let answer = try await client.retrieveBatchJob(job).get()
                if answer.snapshot.status.ending != nil { return answer }
                try await Clock.system.sleep(for: .milliseconds(10))
            }
        }

        func advance(seconds: Int) async throws {
            let transport = HTTPTransport()
            let request = WireRequest(
                method: .post, url: SecretURL(base + "/_sim/clock"),
                body: .bytes(Array(#"{"advance_seconds":\#(seconds)}"#.utf8)), headWithin: .seconds(10),
                endWithin: nil)
            let head = try await transport.send(request) { _, _ in true }
            try await transport.shutdown()
            #expect(head.isSuccess)
        }
    }

    @Test func aJobGoesFromCreateToResults() async throws {
        try await withSimulator { local in
            let created = try await local.create().get()
            #expect(created.snapshot.status == .readyForUpload)
            #expect(created.requestID?.hasPrefix("req_") == true)
            let made = try #require(created.snapshot.created)
            #expect(created.snapshot.uploadDeadline == made + .minutes(5))
            try await local.upload(5000, to: try #require(created.uploadURL)).get()
            let ended = try await local.ended(created.snapshot.id)
            #expect(ended.snapshot.status == .complete)
            #expect((ended.snapshot.succeeded ?? 0) + (ended.snapshot.failed ?? 0) == 5000)
            var results: [UInt8] = []
            let url = try #require(ended.downloadURL)
            let end = try await local.client.download(url, from: 0) { results.append(contentsOf: $0) }.get()
            #expect(end == .complete(end: Int64(results.count)))
            #expect(ended.snapshot.outputBytes == Int64(results.count))
            #expect(results.count(where: { $0 == 10 }) == 5000)

            var tail: [UInt8] = []
            let middle = Int64(results.count / 2)
            #expect(
                try await local.client.download(url, from: middle) { tail.append(contentsOf: $0) }.get()
                    == .complete(end: Int64(results.count)))
            #expect(tail == Array(results[Int(middle)...]))
            #expect(
                try await local.client.download(url, from: Int64(results.count)) { _ in }.get()
                    == .complete(end: Int64(results.count)))

            // The URL dies before the results do, and a look brings a new one.
            try await local.advance(seconds: 2 * 3600)
            #expect(try await local.client.download(url, from: 0) { _ in }.get() == .expired)
            let again = try await local.client.retrieveBatchJob(created.snapshot.id).get()
            var renewed: [UInt8] = []
            _ = try await local.client.download(try #require(again.downloadURL), from: 0) {
                renewed.append(contentsOf: $0)
            }.get()
            #expect(renewed == results)
        }
    }

    @Test func aLostAnswerIsFoundAgainByItsKey() async throws {
        try await withSimulator(#"{"wire":[{"on":"create","action":"lose_after"}]}"#) { local in
            #expect(await local.create().isUnanswered)
            let first = try await local.create().get()
            let second = try await local.create().get()
            #expect(first.snapshot.id == second.snapshot.id)
            let other = try await local.create(key: IdempotencyKey("other")).get()
            #expect(other.snapshot.id != first.snapshot.id)
            #expect(
                try await local.client.cancelBatchJob(first.snapshot.id, key: IdempotencyKey("c1")).get()
                    .snapshot.id == first.snapshot.id)
            #expect(try await local.ended(first.snapshot.id).snapshot.status == .canceled)
        }
    }

    @Test func anUploadThatWasCutCanBeRepeated() async throws {
        let scenario =
            #"{"wire":[{"on":"upload","action":"cut","after_bytes":1000},{"on":"upload","action":"lose_after"}]}"#
        try await withSimulator(scenario) { local in
            let job = try await local.create().get()
            let url = try #require(job.uploadURL)
            #expect(try await local.upload(50_000, to: url).isUnanswered)
            #expect(
                try await local.client.retrieveBatchJob(job.snapshot.id).get().snapshot.status
                    == .readyForUpload)
            #expect(try await local.upload(50_000, to: url).isUnanswered)
            #expect(
                try await local.client.retrieveBatchJob(job.snapshot.id).get().snapshot.status
                    != .readyForUpload)
        }
    }

    @Test func aDownloadThatWasCutGoesOn() async throws {
        let scenario = #"{"wire":[{"on":"download","action":"cut","after_bytes":100000,"count":3}]}"#
        try await withSimulator(scenario) { local in
            let job = try await local.create().get()
            try await local.upload(5000, to: try #require(job.uploadURL)).get()
            let ended = try await local.ended(job.snapshot.id)
            let url = try #require(ended.downloadURL)
            var results: [UInt8] = []
            for _ in 0..<3 {
                let cut = try await local.client.download(url, from: Int64(results.count)) {
                    results.append(contentsOf: $0)
                }
                #expect(cut.isUnanswered)
            }
            _ = try await local.client.download(url, from: Int64(results.count)) {
                results.append(contentsOf: $0)
            }.get()
            #expect(ended.snapshot.outputBytes == Int64(results.count))
            #expect(results.count(where: { $0 == 10 }) == 5000)
        }
    }

    @Test func aLateUploadIsRefused() async throws {
        try await withSimulator { local in
            let job = try await local.create().get()
            try await local.advance(seconds: 301)
            let late = try await local.upload(10, to: try #require(job.uploadURL))
            guard case .refused = late.failure else {
                Issue.record("\(late)")
                return
            }
            #expect(try await local.ended(job.snapshot.id).snapshot.status == .uploadTimeout)
        }
    }

    @Test func refusalsCarryTheirCodes() async throws {
        try await withSimulator { local in
            guard
                case .refused(404, "batch_job_not_found", _?) = await local.client.retrieveBatchJob(someJob)
                    .failure
            else {
                Issue.record("an unknown job was found")
                return
            }
            _ = try await local.create().get()
            let other = CreateRequest.body(
                endpointPath: "/v1/coupons", method: "post", skipValidation: true,
                notificationSuppression: .all, maximumRPS: nil, metadata: [:],
                apiVersion: "2026-09-30.preview")
            guard
                case .refused(409, "idempotency_error", _?) =
                    await local.client.createBatchJob(key: someKey, body: other).failure
            else {
                Issue.record("a key was used for two wishes")
                return
            }
        }
    }
}
