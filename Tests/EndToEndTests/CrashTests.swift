import Testing

@Suite(.serialized) struct CrashTests {
    @Test func fiftyThousandRowsSurviveFiveKills() async throws {
        try await Site.with(rps: 500, timeScale: 20) { site in
            let input = try site.input("rows.jsonl", Rows.updates(50_000))
            try await site.withDaemon { daemon in
                let submitted = try await site.ctl("submit", "update-customers", input)
                #expect(submitted.code == 0, "\(submitted.errors)")
                try daemon.kill()
            }
            for round in 1...4 {
                try await site.withDaemon { daemon in
                    // Each kill hits another moment: after so many rows have their outcome.
                    try await awaitFact("round \(round) gets somewhere") {
                        let workload = try await site.ctl("show", "w1", "-o", "json").json()
                        return (counts(workload)["succeeded"] ?? 0) >= round * 5_000
                    }
                    try daemon.kill()
                }
            }
            try await site.withDaemon { _ in
                let ended = try await site.ctl("wait", "w1", "--timeout", "100s")
                #expect(ended.code == 0, "\(ended.errors)")
                let workload = try await site.ctl("show", "w1", "-o", "json").json()
                #expect(workload["state"] as? String == "finished")
                #expect(counts(workload)["succeeded"] == 50_000)
                let audit = try await site.ctl("audit", "w1")
                #expect(audit.code == 0, "\(audit.output)\(audit.errors)")
            }
            let executed = try await site.simulator.ledger()
            #expect(executed.count == 50_000)
            let twice = executed.filter { ($0["executions"] as? Int) != 1 }
            #expect(twice.isEmpty, "\(twice.prefix(3))")
        }
    }

    @Test func aCrashWhileRowsArriveLeavesNothingHalfAccepted() async throws {
        try await Site.with { site in
            let input = try site.input("rows.jsonl", Rows.updates(100_000))
            try await site.withDaemon { daemon in
                async let submission = site.ctl("submit", "update-customers", input)
                try await Task.sleep(for: .milliseconds(400))
                try daemon.kill()
                let answer = try await submission
                #expect(answer.code != 0 || answer.output.contains("w1"))
            }
            try await site.withDaemon { _ in
                let list = try await site.ctl("list", "workloads", "-o", "json")
                for workload in try list.jsonLines() { #expect(counts(workload)["total"] == 100_000) }
            }
        }
    }
}
