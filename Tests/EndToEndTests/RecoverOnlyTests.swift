import Foundation
import Testing

/// What a start sends before it knows where everything stands, by the record of the one who is asked.
@Suite struct RecoverOnlyTests {
    private static let queue = """
          update-customers:
            endpoint: POST /v1/customers/:customer
            canary: null
            max_rows_per_job: 100
            max_concurrent_jobs: 2
            retry: {max_attempts: 4, initial_delay: 300ms, max_delay: 2s}
        """

    /// Leaves a daemon dead, with two jobs that run and rows that wait.
    private func crash(_ site: Site) async throws {
        let input = try site.input("rows.jsonl", Rows.updates(400))
        try await site.withDaemon { daemon in
            #expect(try await site.ctl("submit", "update-customers", input).code == 0)
            try await awaitFact("two jobs run") {
                try await site.ctl("list", "batches", "-o", "json").jsonLines().count {
                    $0["state"] as? String == "processing"
                } == 2
            }
            try daemon.kill()
        }
    }

    @Test func recoverOnlyLooksAtEveryJobSendsNothingAndTellsWhatComesNext() async throws {
        try await Site.with(rps: 5, timeScale: 1, queue: Self.queue) { site in
            try await crash(site)
            let before = try await site.simulator.requests()
            let archived = try FileManager.default.subpathsOfDirectory(atPath: site.archive)
            // What the killed one left would hide a new one.
            try FileManager.default.removeItem(atPath: site.socket)
            let (code, log) = try await site.daemonEnds("--recover-only")
            #expect(code == 0, "\(log)")
            #expect(log.contains("processing") && log.contains("look at the job again"), "\(log)")
            let json = try await site.daemonEnds("--recover-only", "-o", "json").log
            let decisions = try json.split(separator: "\n").filter { $0.hasPrefix("{") }.map {
                try #require(JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any])
            }
            #expect(decisions.count { $0["reached"] as? Bool == true && $0["job"] is String } == 2, "\(json)")
            #expect(decisions.allSatisfy { $0["next"] is String })
            let after = try await site.simulator.requests()
            #expect(after["retrieve"] == (before["retrieve"] ?? 0) + 4)
            #expect(after.filter { $0.key != "retrieve" } == before.filter { $0.key != "retrieve" })
            #expect(try FileManager.default.subpathsOfDirectory(atPath: site.archive) == archived)
            #expect(!FileManager.default.fileExists(atPath: site.socket))
            try await site.simulator.speedUp()
            try await site.withDaemon { _ in
                let ended = try await site.ctl("wait", "w1", "--timeout", "100s")
                #expect(ended.code == 0, "\(ended.errors)")
                #expect(try await site.ctl("audit").code == 0)
            }
            try await site.expectExecutedOnce(400)
        }
    }

    @Test func recoverOnlyLeavesToAStartWhatIsHeld() async throws {
        let scenario = #"{"rows":[{"prefix":"r-1","status":403,"times":1}]}"#
        try await Site.with(scenario: scenario, queue: Self.queue) { site in
            let input = try site.input("rows.jsonl", Rows.updates(20))
            try await site.withDaemon { daemon in
                #expect(try await site.ctl("submit", "update-customers", input).code == 0)
                try await awaitFact("it is held") {
                    try await site.ctl("show", "w1", "-o", "json").json()["state"] as? String == "held"
                }
                try daemon.kill()
            }
            try FileManager.default.removeItem(atPath: site.socket)
            #expect(try await site.daemonEnds("--recover-only").code == 0)
            let copy = try Copy(of: site, "copy")
            #expect(try copy.number("SELECT count(*) FROM event WHERE kind = 'tried_again'") == 0)
            #expect(try copy.number("SELECT count(*) FROM workload WHERE state = 'held'") == 1)
            try await site.withDaemon { _ in
                let ended = try await site.ctl("wait", "w1", "--timeout", "100s")
                #expect(ended.code == 0, "\(ended.errors)")
            }
        }
    }

    @Test func aJobThatCannotBeReachedIsToldAndTheExitCodeSaysTryAgain() async throws {
        try await Site.with(rps: 5, timeScale: 1, queue: Self.queue) { site in
            try await crash(site)
            try await site.simulator.inject(
                #"{"wire":[{"on":"retrieve","action":"status","status":503,"body":"empty","forever":true}]}"#)
            let (code, log) = try await site.daemonEnds("--recover-only")
            #expect(code == 5)
            #expect(log.contains("HTTP 503"), "\(log)")
        }
    }

    @Test func nothingButLooksGoesOutBeforeEveryJobHasItsPlace() async throws {
        try await Site.with(rps: 5, timeScale: 1, queue: Self.queue) { site in
            try await crash(site)
            try await site.simulator.inject(
                #"{"wire":[{"on":"retrieve","action":"status","status":503,"body":"empty","forever":true}]}"#)
            let before = try await site.simulator.requests()
            try await site.withDaemon { _ in
                // A third job could be made ready at once, if nobody waited.
                try await awaitFact("it has looked in vain") {
                    try await site.simulator.requests()["retrieve"] ?? 0 >= (before["retrieve"] ?? 0) + 4
                }
                let after = try await site.simulator.requests()
                #expect(after.filter { $0.key != "retrieve" } == before.filter { $0.key != "retrieve" })
                #expect(try await site.ctl("list", "batches", "-o", "json").jsonLines().count <= 3)
                try await site.simulator.heal()
                try await site.simulator.speedUp()
                #expect(try await site.ctl("wait", "w1", "--timeout", "100s").code == 0)
            }
            try await site.expectExecutedOnce(400)
        }
    }
}
