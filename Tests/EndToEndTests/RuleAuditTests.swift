import Testing

/// A rule of the queue may make a success of any answer: the audit takes its word from the records, and no other.
@Suite struct RuleAuditTests {
    private static func queue(_ rules: String) -> String {
        """
          update-customers:
            endpoint: POST /v1/customers/:customer
            canary: null
            retry: {max_attempts: 4, initial_delay: 300ms, max_delay: 2s, rules: [\(rules)]}
        """
    }
    private static let rules =
        "{status: 404, outcome: succeeded}, {status: 500, code: done_before, outcome: succeeded}"
    /// The thirties are never found, the forties are answered with 500 and a code, the fifties are refused.
    private static let scenario = """
        {"rows":[{"prefix":"r-3","status":404},{"prefix":"r-4","status":500,"code":"done_before"},
          {"prefix":"r-5","status":400,"code":"no"}]}
        """

    /// A deletion of what is gone proves that one before it, in doubt, had worked. Without a doubt it proves nothing.
    @Test func aSuccessByProofNeedsADoubt() async throws {
        let queue = "  cancel:\n    endpoint: DELETE /v1/subscriptions/:subscription_exposed_id"
        try await Site.with(scenario: #"{"rows":[{"prefix":"r-3","status":404}]}"#, queue: queue) { site in
            let rows = (1...9).map {
                #"{"id":"r-\#($0)","path_params":{"subscription_exposed_id":"sub_\#($0)"}}"#
            }
            let input = try site.input("rows.jsonl", rows)
            try await site.withDaemon { _ in
                let ended = try await site.ctl("submit", "cancel", input, "--wait")
                #expect(ended.code == 8, "\(ended.errors)")
                let shown = try await site.ctl("show", "w1", "-o", "json").json()
                #expect(counts(shown)["failed"] == 1)
            }
            for (doubts, code) in [(0, 7), (1, 0)] {
                let copy = try Copy(of: site, "copy")
                try copy.sql(
                    """
                    UPDATE row_state SET state = 2, reason = NULL, attempts = \(doubts) + 1, doubts = \(doubts)
                    WHERE key = (1 << 32) + 2
                    """)
                let answer = try await copy.audited(site)
                let says = answer.output.contains("expected not succeeded, for HTTP 404")
                #expect(says == (code == 7), "\(doubts) in doubt: \(answer.output)")
                try copy.remove()
            }
        }
    }

    @Test func whatARuleMadeASuccessIsAuditedByTheRecordOfTheRule() async throws {
        try await Site.with(scenario: Self.scenario, queue: Self.queue(Self.rules)) { site in
            let input = try site.input("rows.jsonl", Rows.updates(99))
            try await site.withDaemon { _ in
                #expect(try await site.ctl("submit", "update-customers", input, "--wait").code == 8)
                let rows = counts(try await site.ctl("show", "w1", "-o", "json").json())
                #expect(rows["succeeded"] == 88)
                #expect(rows["failed"] == 11)
                let audit = try await site.ctl("audit", "w1")
                #expect(audit.code == 0, "\(audit.output)")
            }
            // What the configuration says today is not asked.
            try site.configure(Self.queue(""))
            let copy = try Copy(of: site, "copy")
            let sound = try await copy.audited(site)
            #expect(sound.code == 0, "\(sound.output)")
            for (row, status, plant) in [
                ("r-3", 404, "DELETE FROM rule_used WHERE status = 404"),
                ("r-4", 500, "UPDATE rule_used SET code = 'other' WHERE status = 500"),
                // A status alone cannot tell of a 500 whether the row ran.
                ("r-4", 500, "UPDATE rule_used SET code = NULL WHERE status = 500"),
                ("r-51", 400, "UPDATE row_state SET state = 2, reason = NULL WHERE key = (1 << 32) + 50"),
            ] {
                let damaged = try Copy(of: site, "damaged")
                try damaged.sql(plant)
                let answer = try await damaged.audited(site)
                #expect(answer.code == 7, "\(plant): \(answer.output)")
                #expect(
                    answer.output.contains("row \(row)")
                        && answer.output.contains("expected not succeeded, for HTTP \(status)"),
                    "\(plant): \(answer.output)")
                try damaged.remove()
            }
        }
    }
}
