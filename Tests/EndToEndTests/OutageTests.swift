import Testing

@Suite(.serialized) struct OutageTests {
    @Test func everyCallMayFailOnce() async throws {
        try await Site.with { site in
            try await site.simulator.inject(
                """
                {"wire":[
                  {"on":"create","action":"lose_after"},
                  {"on":"create","action":"status","status":500,"body":"html"},
                  {"on":"create","action":"status","status":429,"body":"empty"},
                  {"on":"upload","action":"cut","after_bytes":100000},
                  {"on":"upload","action":"lose_after","skip":1},
                  {"on":"retrieve","action":"truncate"},
                  {"on":"retrieve","action":"status","status":503,"count":3},
                  {"on":"download","action":"cut","after_bytes":300000},
                  {"on":"download","action":"cut","after_bytes":200000,"skip":1},
                  {"on":"download","action":"status","status":403,"skip":2}
                ]}
                """)
            try await site.expectAllUpdated(12_000)
        }
    }

    @Test func stripeMayBeAwayForAWhile() async throws {
        try await Site.with(rps: 300) { site in
            let input = try site.input("rows.jsonl", Rows.updates(12_000))
            try await site.withDaemon { _ in
                #expect(try await site.ctl("submit", "update-customers", input).code == 0)
                try await awaitFact("jobs run") { try await !site.simulator.jobs().isEmpty }
                for fault in [
                    #"{"on":"any","action":"lose_before","forever":true}"#,
                    #"{"on":"any","action":"status","status":500,"body":"html","forever":true}"#,
                    #"{"on":"any","action":"status","status":429,"body":"empty","forever":true}"#,
                ] {
                    try await site.simulator.inject("{\"wire\":[\(fault)]}")
                    try await Task.sleep(for: .seconds(2))
                    #expect(try await site.ctl("status").code == 0)
                    try await site.simulator.heal()
                }
                #expect(try await site.ctl("wait", "w1", "--timeout", "100s").code == 0)
                #expect(try await site.ctl("audit", "w1").code == 0)
            }
            try await site.expectExecutedOnce(12_000)
        }
    }
}

extension Site {
    /// Submits updates, waits for their end, and checks that each was done once.
    func expectAllUpdated(_ count: Int) async throws {
        let input = try input("rows.jsonl", Rows.updates(count))
        try await withDaemon { _ in
            let submitted = try await ctl("submit", "update-customers", input, "--wait")
            #expect(submitted.code == 0, "\(submitted.errors)")
            #expect(counts(try await ctl("show", "w1", "-o", "json").json())["succeeded"] == count)
            let audit = try await ctl("audit", "w1")
            #expect(audit.code == 0, "\(audit.output)")
        }
        #expect(try await testArchive() > 1)
        try await expectExecutedOnce(count)
    }

    func expectExecutedOnce(_ count: Int) async throws {
        let executed = try await simulator.ledger()
        #expect(executed.count == count)
        let odd = executed.filter { ($0["executions"] as? Int) != 1 }
        #expect(odd.isEmpty, "\(odd.prefix(3))")
    }
}
