import Env
import Testing

/// A real SIGKILL right after each durable step and each answer: the next start finds its way.
@Suite(.serialized) struct KillPointTests {
    /// Rows that take every way: done, refused for a while, refused for good, without a line, in doubt.
    private static let scenario = """
        {"rows":[
          {"name":"once","prefix":"r-1","times":1,"status":429},
          {"name":"lost","prefix":"r-2","times":1,"line":"missing"},
          {"name":"unsure","prefix":"r-3","times":1,"status":500,"executed":true},
          {"name":"never","prefix":"r-4","status":404}
        ]}
        """

    @Test(arguments: FaultPoint.allCases)
    func aKillRightAfterItLosesNothing(point: FaultPoint) async throws {
        try await Site.with(scenario: Self.scenario) { site in
            let input = try site.input("rows.jsonl", Rows.updates(99))
            try await site.withDaemon { daemon in
                #expect(try await site.ctl("submit", "update-customers", input).code == 0)
                try daemon.kill()
            }
            try await site.withDaemon(dyingAt: point.rawValue) {
                try await awaitFact("\(point) was reached, or nothing is left to do") {
                    // 6: nobody answers any more. 0: it ended without passing here.
                    let answer = try await site.ctl("show", "w1", "-o", "json")
                    if answer.code == 6 { return try await site.ctl("status").code == 6 }
                    return answer.code == 0 ? try answer.json()["finished_at"] is String : false
                }
            }
            try await site.withDaemon { _ in
                #expect(try await site.ctl("wait", "w1", "--timeout", "100s").code == 8)
                let rows = counts(try await site.ctl("show", "w1", "-o", "json").json())
                #expect(rows["succeeded"] == 88)
                #expect(rows["failed"] == 11)
                let audit = try await site.ctl("audit", "w1")
                #expect(audit.code == 0, "\(audit.output)")
            }
            for row in try await site.simulator.ledger(minimumExecutions: 2) {
                // Twice only where nobody could know the first time.
                let name = row["row"] as? String ?? ""
                #expect(name.hasPrefix("r-2") || name.hasPrefix("r-3"), "\(row)")
                #expect(row["executions"] as? Int == 2, "\(row)")
            }
        }
    }
}
