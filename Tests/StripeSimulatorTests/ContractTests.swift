import Testing

@testable import StripeSimulator

/// The simulator speaks in the shapes of the shared fixtures.
@Suite struct ContractTests {
    static let phases: [(String, JobPhase)] = [
        ("ready-for-upload", .readyForUpload(until: Bench.start)),
        ("validating", .validating(since: Bench.start, validated: 250)),
        ("in-progress", .running(.init(since: Bench.start, done: 42, succeeded: 41, failed: 1))),
        ("cancelling", .cancelling(nil, until: Bench.start)),
        ("complete", .ended(.init(status: "complete", at: Bench.start, succeeded: 98, failed: 2))),
        ("canceled", .ended(.init(status: "canceled", at: Bench.start, succeeded: 40, failed: 2))),
        ("canceled-no-output", .ended(.init(status: "canceled", at: Bench.start, hasOutput: false))),
        ("timeout", .ended(.init(status: "timeout", at: Bench.start, succeeded: 40, failed: 2))),
        ("validation-failed", .ended(.init(status: "validation_failed", at: Bench.start, failed: 1))),
        (
            "batch-failed",
            .ended(.init(status: "batch_failed", at: Bench.start, hasOutput: false, error: "x"))
        ),
        ("upload-timeout", .ended(.init(status: "upload_timeout", at: Bench.start, hasOutput: false))),
    ]

    @Test(arguments: phases)
    func aJobHasTheShapeOfItsStatus(name: String, phase: JobPhase) throws {
        let fixture = try Fixture.json("job-\(name).json")
        let job = try object(phase, "2026-09-30.preview")
        #expect(Fixture.shape(job) == Fixture.shape(fixture))
        #expect(job["status"] == fixture["status"])
        #expect(job["object"] == fixture["object"])
        #expect(job["created"] == fixture["created"])
        if case .running = phase {
            let counts: JSONValue = ["in_progress": ["success_count": "41", "failure_count": "1"]]
            #expect(job["status_details"] == counts)
        }
    }

    @Test func maximumRPSIsShownBeforeJuneOnly() throws {
        let early = try object(.readyForUpload(until: Bench.start), "2026-03-25.preview")
        let guide = try Fixture.json("job-ready-for-upload-guide.json")
        #expect(early["maximum_rps"] == guide["maximum_rps"])
        #expect(try object(.cancelling(nil, until: Bench.start), "2026-06-24.preview")["maximum_rps"] == nil)
    }

    @Test(arguments: [
        ("batch-job-not-found", APIError.jobNotFound("batchv2_x")),
        ("non-cancellable", .notCancellable("batchv2_x", status: "complete")),
        ("unsupported-endpoint", .unsupportedEndpoint(path: "/v1/charges", method: "post")),
        ("unauthorized-endpoint", .unauthorizedEndpoint(path: "/v1/charges", method: "post")),
        ("version-not-provided", .versionNotProvided), ("idempotency", .idempotencyMismatch),
    ])
    func anErrorHasTheShapeOfItsCode(name: String, error: APIError) throws {
        let fixture = try Fixture.json("error-\(name).json")
        #expect(Fixture.shape(error.body) == Fixture.shape(fixture))
        #expect(error.body["error"]?["code"] == fixture["error"]?["code"])
    }

    private func object(_ phase: JobPhase, _ version: String) throws -> JSONValue {
        let rules = try #require(VersionRules.of(version))
        var body = Bench.body()
        if case .object(var members) = body {
            members["metadata"] = ["batchd_batch": "b34"]
            body = .object(members)
        }
        let job = Job(
            id: "batchv2_x", fileToken: "token", created: Bench.start, version: version,
            request: try CreateRequest(body: body, rules: rules), livemode: false,
            apiKey: "sk_test_x", context: nil, pace: Pace(rowsPerSecond: 1, validatedRowsPerSecond: 1),
            outputBytes: 8514, phase: phase)
        let links = PresignedLinks(seed: 1)
        return JobObject(job: job, rules: rules, links: links, base: "http://x", now: Bench.start).json
    }
}
