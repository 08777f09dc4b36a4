import Testing

@testable import StripeSimulator

@Suite struct CreateTests {
    private func parse(_ changes: [String: JSONValue?], _ version: String, quirks: Quirks = Quirks()) throws
        -> CreateRequest
    {
        guard case .object(var members) = Bench.body() else { throw APIError.versionNotProvided }
        for (key, value) in changes { members[key] = value }
        let rules = try #require(VersionRules.of(version))
        return try CreateRequest(body: .object(members), rules: rules, quirks: quirks)
    }

    private func code(_ changes: [String: JSONValue?], _ version: String = "2026-09-30.preview") -> String? {
        do {
            _ = try parse(changes, version)
            return nil
        } catch {
            return (error as? APIError)?.code
        }
    }

    @Test(arguments: VersionRules.known)
    func maximumRPSIsKnownUntilJuneAndRefusedFromThenOn(version: String) {
        let isKnown = version < "2026-06-24"
        #expect(code(["maximum_rps": 25], version) == (isKnown ? nil : "parameter_unknown"))
        if isKnown { #expect(code(["maximum_rps": 101], version) == "parameter_invalid") }
    }

    @Test(arguments: VersionRules.known)
    func metadataIsRequiredUntilJune(version: String) {
        let isRequired = version < "2026-06-24"
        #expect(code(["metadata": nil], version) == (isRequired ? "parameter_missing" : nil))
    }

    @Test(arguments: VersionRules.known)
    func everyListedOperationIsAcceptedAndNoOther(version: String) throws {
        for operation in try #require(VersionRules.of(version)).operations {
            let template = EndpointTemplate(operation: operation)
            let endpoint: JSONValue = [
                "path": .string(template.path), "http_method": .string(template.method.lowercased()),
            ]
            #expect(code(["endpoint": endpoint], version) == nil)
        }
        let charge: JSONValue = ["path": "/v1/charges", "http_method": "post"]
        #expect(code(["endpoint": charge], version) == "batch_api_unsupported_endpoint")
    }

    @Test func deleteIsUnknownToTheFirstVersion() {
        let endpoint: JSONValue = ["path": "/v1/subscriptions/:id", "http_method": "delete"]
        #expect(code(["endpoint": endpoint], "2026-03-25.preview") == "parameter_invalid")
        #expect(code(["endpoint": endpoint], "2026-04-22.preview") == "batch_api_unsupported_endpoint")
        #expect(code(["endpoint": endpoint], "2026-05-27.preview") == nil)
    }

    @Test func placeholderNamesAreFree() throws {
        let request = try parse(
            ["endpoint": ["path": "/v1/customers/:whoever", "http_method": "post"]], "2026-09-30.preview")
        #expect(request.endpoint.placeholders == ["whoever"])
        #expect(request.endpoint.shape == "POST /v1/customers/:")
    }

    @Test func unknownFieldsAndWrongTypesAreRefused() {
        #expect(code(["surprise": 1]) == "parameter_unknown")
        #expect(code(["skip_validation": "no"]) == "parameter_invalid")
        #expect(code(["skip_validation": nil]) == "parameter_missing")
        #expect(code(["notification_suppression": ["scope": "some"]]) == "parameter_invalid")
        #expect(code(["metadata": ["k": 1]]) == "parameter_invalid")
    }

    @Test func theLenientSwitchFollowsTheProse() throws {
        let request = try parse(
            ["metadata": nil, "skip_validation": nil], "2026-03-25.preview", quirks: .lenient)
        #expect(request.metadata.isEmpty && !request.skipValidation)
    }

    @Test func aReplayAnswersWithTheJobAsItIsNow() async throws {
        let bench = try Bench()
        let first = try await bench.simulator.create(body: Bench.body(), caller: Bench.caller(key: "k"))
        let id = try #require(first.body["id"]?.string)
        try await bench.upload(Bench.customers(1), to: id)
        let second = try await bench.simulator.create(body: Bench.body(), caller: Bench.caller(key: "k"))
        #expect(second.isReplay)
        #expect(second.body["id"] == first.body["id"])
        #expect(second.body["status"] == "validating")
    }

    @Test func aKeyWithOtherParametersConflicts() async throws {
        let bench = try Bench()
        _ = try await bench.simulator.create(body: Bench.body(), caller: Bench.caller(key: "k"))
        await #expect(throws: APIError.idempotencyMismatch) {
            try await bench.simulator.create(
                body: Bench.body(skipValidation: true), caller: Bench.caller(key: "k"))
        }
    }

    @Test func aKeyIsForgottenAfterThirtyDays() async throws {
        let bench = try Bench()
        let first = try await bench.simulator.create(body: Bench.body(), caller: Bench.caller(key: "k"))
        await bench.advance(30 * 86_400)
        let second = try await bench.simulator.create(body: Bench.body(), caller: Bench.caller(key: "k"))
        #expect(!second.isReplay)
        #expect(second.body["id"] != first.body["id"])
    }

    @Test(
        arguments: [
            ("Bearer sk_test_1", "sk_test_1"), ("Basic c2tfdGVzdF8xOg==", "sk_test_1"),
            ("Bearer rk_live_1", "rk_live_1"),
            ("Bearer pk_test_1", nil), ("Basic !", nil), ("sk_test_1", nil), (nil, nil),
        ] as [(String?, String?)])
    func aSecretKeyIsReadFromEitherScheme(header: String?, key: String?) {
        #expect(Caller.apiKey(in: header) == key)
    }
}
