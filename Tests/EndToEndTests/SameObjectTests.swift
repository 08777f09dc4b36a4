import Testing

/// Rows for one object, submitted at once to several queues, with failures: the last word is the last one's.
@Suite(.serialized) struct SameObjectTests {
    private static let queues = """
          names:
            endpoint: POST /v1/customers/:customer
            canary: null
            max_rows_per_job: 400
            retry: {max_attempts: 5, initial_delay: 200ms, max_delay: 1s}
          emails:
            endpoint: POST /v1/customers/:id
            canary: null
            retry: {max_attempts: 5, initial_delay: 200ms, max_delay: 1s}
          cancellations:
            endpoint: DELETE /v1/subscriptions/:subscription
            canary: null
          subscriptions:
            endpoint: POST /v1/subscriptions/:subscription
            canary: null
            retry: {max_attempts: 5, initial_delay: 200ms, max_delay: 1s}
        """

    private static let noJobs = #"{"wire":[{"on":"create","action":"status","status":503,"forever":true}]}"#

    private func rows(
        _ prefix: String, _ count: Int, _ placeholder: String, _ object: String, params: String = "{}"
    ) -> [String] {
        (1...count).map {
            #"{"id":"\#(prefix)-\#($0)","path_params":{"\#(placeholder)":"\#(object)\#($0)"},"params":\#(params)}"#
        }
    }

    @Test func aThousandCustomersUpdatedByThreeWorkloadsAtOnceEndWithTheLatestValues() async throws {
        let failures = """
            {"rows":[{"prefix":"a-1","times":2,"status":429},{"prefix":"a-2","times":1,"line":"missing"},
              {"prefix":"a-3","status":404},{"prefix":"b-4","times":1,"status":500},
              {"prefix":"b-5","times":1,"status":409},{"prefix":"c-6","times":1,"status":429}]}
            """
        try await Site.with(scenario: failures, queue: Self.queues) { site in
            try await site.withDaemon { _ in
                // Nothing leaves before all three are there.
                try await site.simulator.inject(Self.noJobs)
                // The second has the same ids, spelled otherwise.
                let submissions = [
                    ("names", rows("a", 1000, "customer", "cus_", params: #"{"name":"first"}"#)),
                    ("names", rows("b", 1000, "customer", #"cus\u005f"#, params: #"{"name":"second"}"#)),
                    ("emails", rows("c", 1000, "id", "cus_", params: #"{"name":"third"}"#)),
                ]
                for (number, (queue, rows)) in submissions.enumerated() {
                    let file = try site.input("rows-\(number).jsonl", rows)
                    #expect(try await site.ctl("submit", queue, file).code == 0)
                }
                try await seeWaiting(site)
                try await site.simulator.heal()
                try await site.simulator.inject(failures)
                for workload in ["w1", "w2", "w3"] {
                    try await expectEnd(of: workload, code: workload == "w1" ? 8 : 0, site)
                }
            }
            try await expectOrder(site, objects: 1000, by: ["a", "b", "c"])
        }
    }

    @Test func aCancellationGoesAfterTheUpdatesThatWereSubmittedBeforeIt() async throws {
        try await Site.with(queue: Self.queues) { site in
            try await site.withDaemon { daemon in
                try await site.simulator.inject(Self.noJobs)
                let updates = try site.input(
                    "updates.jsonl",
                    rows("a", 300, "subscription", "sub_", params: #"{"description":"last"}"#))
                let ends = try site.input("ends.jsonl", rows("b", 300, "subscription", "sub_"))
                #expect(try await site.ctl("submit", "subscriptions", updates).code == 0)
                #expect(try await site.ctl("submit", "cancellations", ends).code == 0)
                try daemon.kill()
            }
            try await site.simulator.heal()
            try await site.withDaemon { _ in
                for workload in ["w1", "w2"] { try await expectEnd(of: workload, code: 0, site) }
            }
            try await expectOrder(site, objects: 300, by: ["a", "b"])
        }
    }

    @Test func whoeverGivesUpTheFirstLetsTheOthersGo() async throws {
        try await Site.with(queue: Self.queues) { site in
            try await site.withDaemon { _ in
                try await site.simulator.inject(Self.noJobs)
                let files = try ["a", "b"].map {
                    try site.input("\($0).jsonl", rows($0, 50, "customer", "cus_"))
                }
                for file in files { #expect(try await site.ctl("submit", "names", file).code == 0) }
                try await site.simulator.heal()
                #expect(try await site.ctl("cancel", "w1", "--now").code == 0)
                #expect(try await site.ctl("wait", "w2", "--timeout", "100s").code == 0)
                let states = counts(try await site.ctl("show", "w2", "-o", "json").json())
                #expect(states["succeeded"] == 50)
            }
        }
    }

    @Test(arguments: ["cancel-committed", "cancel-chunk-committed"])
    func aKillInTheMiddleOfACancelLetsTheOthersGoAllTheSame(point: String) async throws {
        try await Site.with(queue: Self.queues) { site in
            try await site.simulator.inject(Self.noJobs)
            try await site.withDaemon(dyingAt: point) {
                for name in ["a", "b", "c"] {
                    let file = try site.input("\(name).jsonl", rows(name, 300, "customer", "cus_"))
                    #expect(try await site.ctl("submit", "names", file).code == 0)
                }
                #expect(try await site.ctl("cancel", "w2", "--now").code != 0)
                try await awaitFact("it is dead") { try await site.ctl("status").code == 6 }
            }
            try await site.simulator.heal()
            try await site.withDaemon { _ in
                for (workload, state) in [("w2", "canceled"), ("w1", "finished"), ("w3", "finished")] {
                    _ = try await site.ctl("wait", workload, "--timeout", "100s")
                    let shown = try await site.ctl("show", workload, "-o", "json").json()
                    #expect(shown["state"] as? String == state, "\(shown)")
                    let audit = try await site.ctl("audit", workload)
                    #expect(audit.code == 0, "\(audit.output)")
                }
            }
            try await expectOrder(site, objects: 300, by: ["a", "c"])
        }
    }

    private func expectEnd(of workload: String, code: Int, _ site: Site) async throws {
        let ended = try await site.ctl("wait", workload, "--timeout", "100s")
        #expect(ended.code == code, "\(workload): \(ended.errors)")
        let audit = try await site.ctl("audit", workload)
        #expect(audit.code == 0, "\(audit.output)")
    }

    /// What an operator is told while rows wait.
    private func seeWaiting(_ site: Site) async throws {
        for (workload, prefix) in [("w2", "b"), ("w3", "c")] {
            let document = try await site.ctl("show", workload, "-o", "json").json()
            let waiting = document["waiting"] as? [String: Any]
            #expect(waiting?["rows"] as? Int == 1000)
            #expect(waiting?["first"] as? String == "\(prefix)-1")
            #expect(counts(document)["queued"] == 1000)
            let sheet = try await site.ctl("show", workload).output
            #expect(sheet.contains("\(prefix)-1 until a-1 of w1"), "\(sheet)")
        }
        let row = try await site.ctl("rows", "w2").jsonLines()[6]
        #expect(row["state"] as? String == "queued")
        #expect((row["waits_for"] as? [String: String]) == ["workload": "w1", "row": "a-7"])
        let screen = try await site.ctl("status").output
        #expect(screen.contains("Waiting: rows of w3"), "\(screen)")
    }

    /// The simulator's truth: every row in the order of its workload, and none between two tries of another.
    private func expectOrder(_ site: Site, objects: Int, by prefixes: [String]) async throws {
        var seen: [String: [String]] = [:]
        for line in try await site.simulator.ledger(query: "by=object") {
            guard let object = line["object"] as? String, let rows = line["rows"] as? [String] else {
                continue
            }
            let id = String(object.split(separator: "/").last ?? "")
            // Nobody comes between two tries of a row, and nobody overtakes.
            let turns = rows.reduce(into: [String]()) { if $0.last != $1 { $0.append($1) } }
            let order = turns.map { String($0.prefix(1)) }
            #expect(order == order.sorted() && Set(order).count == order.count, "\(object): \(rows)")
            seen[id, default: []] += order
        }
        #expect(seen.count == objects)
        let others = seen.filter { $0.value.sorted() != prefixes }
        #expect(others.isEmpty)
    }
}
