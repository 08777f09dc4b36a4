import Testing

@testable import StripeSimulator

@Suite struct RateLimitTests {
    /// Limits, what was spent of them, and the two clocks they go by.
    private struct Meters {
        var limits: Limits
        var spent = RateLimits()
        var now = Bench.start

        mutating func enter(
            _ endpoint: String, key: String = "sk_live_1", at seconds: Double = 0
        ) -> RateLimits.Reason? {
            let parts = endpoint.split(separator: " ").map(String.init)
            let call = APICall(apiKey: key, context: nil, method: parts[0], path: parts[1])
            return spent.enter(call, limits: limits, wall: .seconds(seconds), now: now)
        }

        mutating func leave(_ method: String, _ path: String) {
            spent.leave(APICall(apiKey: "sk_live_1", context: nil, method: method, path: path))
        }
    }

    @Test func anEndpointTakesTwentyFiveCallsASecond() {
        var meters = Meters(limits: .documented(livemode: true))
        let first = (0..<26).map { _ in meters.enter("GET /a") }
        #expect(first.count { $0 == nil } == 25)
        #expect(first.last == .endpoint)
        #expect(meters.enter("GET /b") == nil)
        #expect(meters.enter("GET /a", at: 0.05) == nil)
        #expect(meters.enter("GET /a", at: 0.05) == .endpoint)
    }

    @Test(arguments: [("sk_live_1", 100), ("sk_test_1", 25)])
    func anAccountTakesSoManyCallsASecondOverAllEndpoints(key: String, rate: Int) {
        var meters = Meters(limits: .documented(livemode: Caller.isLive(key)))
        let answers = (0..<rate + 5).map { meters.enter("GET /\($0 % 20)", key: key) }
        #expect(answers.count { $0 == nil } == rate)
        #expect(answers.last == .account)
        #expect(meters.enter("GET /0", key: key + "x") == nil)
    }

    @Test func callsUnderWayAreCountedUntilTheyAreOver() {
        var meters = Meters(limits: Limits(accountConcurrent: 3, endpointConcurrent: 2))
        #expect(meters.enter("POST /a") == nil)
        #expect(meters.enter("POST /a") == nil)
        #expect(meters.enter("POST /a") == .endpointConcurrency)
        #expect(meters.enter("POST /b") == nil)
        #expect(meters.enter("POST /c") == .accountConcurrency)
        meters.leave("POST", "/a")
        #expect(meters.enter("POST /a") == nil)
    }

    @Test func oneObjectCanHaveALimitOfItsOwn() {
        var meters = Meters(limits: Limits(objectPerSecond: 1))
        #expect(meters.enter("GET /v2/core/batch_jobs/b1") == nil)
        #expect(meters.enter("POST /v2/core/batch_jobs/b1/cancel") == .object)
        #expect(meters.enter("GET /v2/core/batch_jobs/b2") == nil)
        #expect(meters.enter("POST /v2/core/batch_jobs") == nil)
        #expect(meters.enter("GET /v2/core/batch_jobs/b1", at: 1) == nil)
    }

    @Test func readsAreCountedOverThirtySimulatedDays() {
        var meters = Meters(limits: Limits(reads: 3))
        let answers = (0..<4).map { meters.enter("GET /\($0)") }
        #expect(answers == [nil, nil, nil, .readQuota])
        #expect(meters.enter("POST /a") == nil)
        meters.now = meters.now + .days(30)
        #expect(meters.enter("GET /0") == nil)
    }

    @Test func aRefusedCallSpendsNothing() {
        var meters = Meters(limits: Limits(endpointPerSecond: 1, reads: 2))
        #expect(meters.enter("GET /a") == nil)
        for _ in 0..<5 { #expect(meters.enter("GET /a") == .endpoint) }
        #expect(meters.enter("GET /b") == nil)
        #expect(meters.enter("GET /c") == .readQuota)
    }

    @Test func anEndpointIsThePathWithoutItsIDs() {
        func endpoint(_ method: String, _ path: String) -> String {
            APICall(apiKey: "sk_test_1", context: nil, method: method, path: path).endpoint
        }
        #expect(endpoint("POST", "/v2/core/batch_jobs") == "POST /v2/core/batch_jobs")
        #expect(endpoint("POST", "/v2/core/batch_jobs/b1/cancel") == "POST /v2/core/batch_jobs/:id/cancel")
    }
}
