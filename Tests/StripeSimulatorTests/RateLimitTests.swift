import Testing

@testable import StripeSimulator

@Suite struct RateLimitTests {
    private func spend(
        _ limits: inout RateLimits, _ endpoint: String, key: String = "sk_live_1", at seconds: Double = 0
    ) -> RateLimits.Reason? {
        limits.spend(
            apiKey: key, context: nil, livemode: Caller.isLive(key), endpoint: endpoint,
            now: .seconds(seconds))
    }

    @Test func anEndpointTakesTwentyFiveCallsASecond() {
        var limits = RateLimits()
        let first = (0..<26).map { _ in spend(&limits, "GET /a") }
        #expect(first.count { $0 == nil } == 25)
        #expect(first.last == .endpoint)
        #expect(spend(&limits, "GET /b") == nil)
        #expect(spend(&limits, "GET /a", at: 0.05) == nil)
        #expect(spend(&limits, "GET /a", at: 0.05) == .endpoint)
    }

    @Test(arguments: [("sk_live_1", 100), ("sk_test_1", 25)])
    func anAccountTakesSoManyCallsASecondOverAllEndpoints(key: String, rate: Int) {
        var limits = RateLimits()
        let answers = (0..<rate + 5).map { spend(&limits, "GET /\($0 % 20)", key: key) }
        #expect(answers.count { $0 == nil } == rate)
        #expect(answers.last == .account)
        #expect(spend(&limits, "GET /0", key: key + "x") == nil)
    }

    @Test func anEndpointIsThePathWithoutItsIDs() {
        let endpoint = RateLimitMiddleware.endpoint
        #expect(endpoint("POST", "/v2/core/batch_jobs") == "POST /v2/core/batch_jobs")
        #expect(endpoint("POST", "/v2/core/batch_jobs/b1/cancel") == "POST /v2/core/batch_jobs/:id/cancel")
    }
}
