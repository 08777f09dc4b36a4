import Testing

@Suite(.serialized) struct RetryTests {
    @Test func rowsThatMaySucceedLaterGoAgainAndOthersKeepTheirError() async throws {
        let scenario = """
            {"rows":[
              {"name":"once","prefix":"r-1","times":1,"status":429},
              {"name":"lost","prefix":"r-2","times":1,"line":"missing"},
              {"name":"unsure","prefix":"r-3","times":1,"status":500,"executed":true},
              {"name":"never","prefix":"r-4","status":404},
              {"name":"busy","prefix":"r-5","status":409}
            ]}
            """
        try await Site.with(scenario: scenario) { site in
            let input = try site.input("rows.jsonl", Rows.updates(999))
            try await site.withDaemon { _ in
                let ended = try await site.ctl("submit", "update-customers", input, "--wait")
                #expect(ended.code == 8, "\(ended.errors)")
                let rows = counts(try await site.ctl("show", "w1", "-o", "json").json())
                #expect(rows["failed"] == 222)
                #expect(rows["succeeded"] == 777)
                let failed = try await site.ctl("rows", "w1", "--state", "failed").jsonLines()
                let refused = failed.filter { $0["reason"] as? String == "refused" }
                #expect(refused.count == 111)
                #expect(
                    refused.allSatisfy {
                        ($0["error"] as? [String: Any])?["code"] as? String == "resource_missing"
                    })
                let exhausted = failed.filter { $0["reason"] as? String == "attempts_exhausted" }
                #expect(exhausted.count == 111)
                #expect(exhausted.allSatisfy { $0["attempts"] as? Int == 4 })
                let audit = try await site.ctl("audit", "w1")
                #expect(audit.code == 0, "\(audit.output)")
                #expect(try await site.ctl("results", "w1").jsonLines().count == 999)
            }
        }
    }

    @Test func attemptsAreCountedOverRestarts() async throws {
        try await Site.with(scenario: #"{"rows":[{"prefix":"r-","status":409}]}"#) { site in
            let input = try site.input("rows.jsonl", Rows.updates(20))
            try await site.withDaemon { daemon in
                #expect(try await site.ctl("submit", "update-customers", input).code == 0)
                try await awaitFact("one attempt is over") {
                    try await site.ctl("rows", "w1").jsonLines().allSatisfy {
                        ($0["attempts"] as? Int ?? 0) >= 1
                    }
                }
                try daemon.kill()
            }
            try await site.withDaemon { _ in
                #expect(try await site.ctl("wait", "w1", "--timeout", "100s").code == 8)
                let rows = try await site.ctl("rows", "w1").jsonLines()
                #expect(rows.allSatisfy { $0["attempts"] as? Int == 4 })
            }
        }
    }
}
