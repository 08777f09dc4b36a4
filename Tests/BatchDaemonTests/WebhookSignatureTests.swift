import BatchCore
import BatchDaemon
import Testing

@Suite struct WebhookSignatureTests {
    private static let body = Array(#"{"id":"evt_1","object":"v2.core.event"}"#.utf8)
    private static let secret = WebhookSecret("whsec_test_secret")
    private static let now = Timestamp(milliseconds: 1_700_000_000_000)
    /// Known by heart: `stripe-batch-api.md` section 5.2, checked there with openssl.
    private static let good = "1104f3e6598dde976b7b5982b46784f5482a97098f895f4fc8458a34198f5c77"
    private static let wrong = String(repeating: "0", count: 64)

    private func check(
        _ header: String?, body: [UInt8] = Self.body, secrets: [WebhookSecret] = [Self.secret],
        later seconds: Int64 = 0
    ) -> WebhookSignature.Verdict {
        WebhookSignature.check(header, body: body, secrets: secrets, now: Self.now + .seconds(seconds))
    }

    @Test func theKnownAnswerIsGood() {
        #expect(check("t=1700000000,v1=\(Self.good)") == .good)
    }

    @Test func oneOfSeveralSignaturesAndOneOfSeveralSecretsSuffice() {
        #expect(check("t=1700000000,v1=\(Self.wrong),v0=x,v1=\(Self.good)") == .good)
        let old = WebhookSecret("whsec_old")
        #expect(check("t=1700000000,v1=\(Self.good)", secrets: [old, Self.secret]) == .good)
        #expect(check("t=1700000000,v1=\(Self.good)", secrets: [old]) == .wrong)
        #expect(check("t=1700000000,v1=\(Self.good)", secrets: []) == .wrong)
    }

    @Test func anotherBodyTimeOrSchemeIsWrong() {
        #expect(check("t=1700000000,v1=\(Self.good)", body: Self.body + [32]) == .wrong)
        #expect(check("t=1700000001,v1=\(Self.good)") == .wrong)
        #expect(check("t=1700000000,v1=\(Self.wrong)") == .wrong)
        #expect(check("t=1700000000,v0=\(Self.good)") == .malformed)
    }

    @Test(arguments: [
        nil, "", "t=1700000000", "v1=\(good)", "t=,v1=\(good)", "t=x,v1=\(good)", "t=1700000000,v1=xyz",
        "t=99999999999999999999,v1=\(good)", "t=-1,v1=\(good)", "t=1700000000,v1=\(good)00",
    ])
    func whatIsNoSignatureIsMalformed(header: String?) {
        #expect(check(header) == .malformed)
    }

    @Test func fiveMinutesAreToleratedEitherWay() {
        let header = "t=1700000000,v1=\(Self.good)"
        #expect(check(header, later: 300) == .good)
        #expect(check(header, later: 301) == .outdated)
        #expect(check(header, later: -300) == .good)
        #expect(check(header, later: -301) == .outdated)
    }

    @Test func aSecretNeverShowsItself() {
        var dumped = ""
        dump(Self.secret, to: &dumped)
        #expect(!"\(Self.secret) \(String(reflecting: Self.secret)) \(dumped)".contains("whsec"))
    }
}
