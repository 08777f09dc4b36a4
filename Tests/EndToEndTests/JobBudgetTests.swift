import Testing

/// Jobs that end without the result of one row: after some of them a person is asked, and nobody else will do.
@Suite(.serialized) struct JobBudgetTests {
    private static let queue = """
          update-customers:
            endpoint: POST /v1/customers/:customer
            canary: null
            max_rows_per_job: 10
            max_concurrent_jobs: 1
        """
    private static let inVain = #"{"jobs":[{"end":"canceled","after_share":0,"count":1000}]}"#

    @Test func jobsInVainHoldTheWorkloadUntilAPersonLetsItGoOn() async throws {
        try await Site.with(queue: Self.queue) { site in
            try await site.simulator.inject(Self.inVain)
            let input = try site.input("rows.jsonl", Rows.updates(100))
            try await site.withDaemon { daemon in
                let ended = try await site.ctl("submit", "update-customers", input, "--wait")
                #expect(ended.code == 4, "\(ended.errors)")
                try await seeWhy(site)
                try daemon.kill()
            }
            // One more may be under way when the eighth is settled.
            let jobs = try await site.simulator.jobs().count
            #expect((8...9).contains(jobs))
            // Neither a crash nor a restart is a person.
            for _ in 1...2 {
                try await site.withDaemon { daemon in
                    try await seeWhy(site)
                    try daemon.kill()
                }
            }
            #expect(try await site.simulator.jobs().count == jobs)
            try await site.withDaemon { _ in
                #expect(try await site.ctl("resume", "w1").code == 0)
                #expect(try await site.ctl("wait", "w1", "--timeout", "100s").code == 4)
                #expect((jobs + 8...jobs + 9).contains(try await site.simulator.jobs().count))
                try await site.simulator.heal()
                let resumed = try await site.ctl("resume", "w1")
                #expect(resumed.code == 0, "\(resumed.errors)")
                let ended = try await site.ctl("wait", "w1", "--timeout", "100s")
                #expect(ended.code == 0, "\(ended.errors)")
                #expect(try await site.ctl("resume", "w1").code == 3)
                let audit = try await site.ctl("audit", "w1")
                #expect(audit.code == 0, "\(audit.output)")
            }
            try await site.expectExecutedOnce(100)
        }
    }

    private func seeWhy(_ site: Site) async throws {
        // A file that was prepared ahead goes back.
        try await awaitFact("all rows wait") {
            counts(try await site.ctl("show", "w1", "-o", "json").json())["queued"] == 100
        }
        let shown = try await site.ctl("show", "w1", "-o", "json").json()
        #expect(shown["state"] as? String == "held")
        let reason = shown["reason"] as? String ?? ""
        #expect(reason.contains(/^submissions_exhausted: [89] jobs in a row/), "\(reason)")
        let status = try await site.ctl("status").output
        for word in [
            "Held", "jobs in a row ended without the result of one row", "batchctl resume w1",
            "batchctl cancel w1",
        ] {
            #expect(status.contains(word), "\(word) in \(status)")
        }
        let jobs = try await site.ctl("list", "jobs").output
        #expect(jobs.contains("canceled"), "\(jobs)")
    }
}
