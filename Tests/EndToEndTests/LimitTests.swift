import Foundation
import Testing

/// What is refused, unknown or in vain, again and again: it ends, and nothing runs twice that must not.
@Suite(.serialized) struct LimitTests {
    private static func queue(_ endpoint: String, _ more: String = "") -> String {
        """
          lane:
            endpoint: \(endpoint)
            retry: {max_attempts: 4, initial_delay: 300ms, max_delay: 2s\(more)}
        """
    }

    /// Executed, and reported as a 500: the second call is refused, and that proves the first.
    @Test(arguments: [
        "POST /v1/subscriptions/:subscription/migrate", "DELETE /v1/subscriptions/:subscription_exposed_id",
    ])
    func whatWasDoneAndReportedAs500CountsAsDone(endpoint: String) async throws {
        let scenario = #"{"rows":[{"share":0.2,"times":1,"status":500,"executed":true}]}"#
        try await Site.with(scenario: scenario, queue: Self.queue(endpoint)) { site in
            let name = try #require(endpoint.split(separator: "/").first { $0.first == ":" }?.dropFirst())
            let rows = (1...300).map {
                #"{"id":"r-\#($0)","path_params":{"\#(name)":"sub_\#($0)"},"params":{}}"#
            }
            let input = try site.input("rows.jsonl", rows)
            try await site.withDaemon { _ in
                let ended = try await site.ctl("submit", "lane", input, "--wait")
                #expect(ended.code == 0, "\(ended.errors)")
                #expect(counts(try await site.ctl("show", "w1", "-o", "json").json())["succeeded"] == 300)
                let audit = try await site.ctl("audit", "w1")
                #expect(audit.code == 0, "\(audit.output)")
            }
        }
    }

    private static let coupons = (1...200).map {
        #"{"id":"r-\#($0)","params":{"id":"C\#($0)","percent_off":10,"duration":"once"}}"#
    }

    @Test func aCreateThatNamesItsObjectGoesAgain() async throws {
        let scenario = #"{"rows":[{"share":0.2,"times":1,"status":500}]}"#
        try await Site.with(scenario: scenario, queue: Self.queue("POST /v1/coupons")) { site in
            let input = try site.input("rows.jsonl", Self.coupons)
            try await site.withDaemon { _ in
                let ended = try await site.ctl("submit", "lane", input, "--wait")
                #expect(ended.code == 0, "\(ended.errors)")
            }
            try await site.expectExecutedOnce(200)
        }
    }

    @Test(arguments: [false, true])
    func aNameThatIsTakenIsHeldUnlessARuleSaysOtherwise(hasRule: Bool) async throws {
        let scenario = #"{"rows":[{"share":0.2,"times":1,"status":500,"executed":true}]}"#
        let rule = ", rules: [{code: resource_already_exists, outcome: succeeded}]"
        let queue = Self.queue("POST /v1/coupons", hasRule ? rule : "")
        try await Site.with(scenario: scenario, queue: queue) { site in
            let input = try site.input("rows.jsonl", Self.coupons)
            try await site.withDaemon { _ in
                let ended = try await site.ctl("submit", "lane", input, "--wait")
                #expect(ended.code == (hasRule ? 0 : 4), "\(ended.errors)")
                let held = try await site.ctl("rows", "w1", "--state", "held").jsonLines()
                #expect(held.isEmpty == hasRule)
                #expect(held.allSatisfy { $0["reason"] as? String == "unknown_outcome" })
                #expect(try await site.ctl("audit", "w1").code == 0)
            }
        }
    }

    @Test func aFileThatIsRefusedWithoutANameIsHalved() async throws {
        try await Site.with { site in
            try await site.simulator.inject(#"{"jobs":[{"end":"validation_failed","count":4}]}"#)
            let input = try site.input("rows.jsonl", Rows.updates(100))
            try await site.withDaemon { _ in
                let ended = try await site.ctl("submit", "update-customers", input, "--wait")
                #expect(ended.code == 0, "\(ended.errors)")
                let batches = try await site.ctl("list", "batches", "-o", "json").jsonLines()
                #expect(batches.compactMap { $0["rows"] as? Int }.max() == 100)
                #expect(batches.count <= 20)
                #expect(try await site.ctl("audit", "w1").code == 0)
            }
            try await site.expectExecutedOnce(100)
        }
    }

    @Test func aBadRowThatStripeDoesNotNameIsFoundAndOnlyItIsHeld() async throws {
        try await Site.with { site in
            try await site.simulator.inject(
                #"{"jobs":[{"end":"validation_failed","with_row":"r-777","count":1000}]}"#)
            let input = try site.input("rows.jsonl", Rows.updates(2000))
            try await site.withDaemon { _ in
                let ended = try await site.ctl("submit", "update-customers", input, "--wait")
                #expect(ended.code == 4, "\(ended.errors)")
                let held = try await site.ctl("rows", "w1", "--state", "held").jsonLines()
                #expect(held.map { $0["row"] as? String } == ["r-777"])
                #expect(held.first?["reason"] as? String == "validation")
                #expect(counts(try await site.ctl("show", "w1", "-o", "json").json())["succeeded"] == 1999)
                #expect(try await site.simulator.jobs().count <= 1 + 2 * 11)
                #expect(try await site.ctl("audit", "w1").code == 0)
            }
            try await site.expectExecutedOnce(1999)
        }
    }

    @Test func everyDeadlineIsListedWithItsSlack() async throws {
        try await Site.with(rps: 5, timeScale: 1) { site in
            let input = try site.input("rows.jsonl", Rows.updates(1000))
            try await site.withDaemon { _ in
                #expect(try await site.ctl("submit", "update-customers", input).code == 0)
                try await awaitFact("a job runs") {
                    try await site.ctl("list", "deadlines").output.contains("Stripe's 24 hours end")
                }
                let deadline = try #require(
                    try await site.ctl("list", "deadlines", "-o", "json").jsonLines().first)
                #expect(deadline["state"] as? String == "ok")
                #expect(deadline["workload"] as? String == "w1")
                let slack = try #require(deadline["slack_seconds"] as? Double)
                #expect((86_000...86_400).contains(slack))
                func reads() async throws -> [[String: Any]] {
                    let status = try await site.ctl("status", "-o", "json").json()
                    return try #require(status["reads"] as? [[String: Any]])
                }
                try await awaitFact("a look was counted") {
                    try await reads().first?["made"] as? Int ?? 0 > 0
                }
                #expect(try await reads().first?["limit"] as? Int == 10_000)
            }
        }
    }
}
