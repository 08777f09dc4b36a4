import Foundation
import Testing

/// What keeps a mistake from being sent five million times.
@Suite(.serialized) struct GuardRailTests {
    private static func queue(_ guards: String) -> String {
        """
          update-customers:
            endpoint: POST /v1/customers/:customer
            max_rows_per_job: 500
            max_concurrent_jobs: 1
            retry: {max_attempts: 2, initial_delay: 300ms, max_delay: 1s}
        \(guards)
        """
    }

    private func state(_ id: String, at site: Site) async throws -> (state: String, reason: String) {
        let workload = try await site.ctl("show", id, "-o", "json").json()
        return (workload["state"] as? String ?? "", workload["reason"] as? String ?? "")
    }

    @Test func aCanaryThatFailsHoldsTheRestUntilAPersonLetsItGoOnAndNoRestartDoes() async throws {
        let scenario = #"{"rows":[{"prefix":"r-","status":404},{"prefix":"o-","status":404}]}"#
        try await Site.with(scenario: scenario, queue: Self.queue("")) { site in
            let input = try site.input("rows.jsonl", Rows.updates(1_000))
            let small = try site.input("small.jsonl", Rows.otherUpdates(200))
            try await site.withDaemon { daemon in
                #expect(try await site.ctl("submit", "update-customers", input, "--wait").code == 4)
                let held = try await state("w1", at: site)
                #expect(held.reason == "canary: 200 of 200 rows failed, 100 %, and 2 % is the limit")
                #expect(try await site.simulator.ledger(minimumExecutions: 0).count <= 200)
                let status = try await site.ctl("status")
                #expect(status.output.contains("batchctl resume w1"), "\(status.output)")
                #expect(status.output.contains("canary: 200 of 200 rows failed"), "\(status.output)")
                let why = try await site.ctl("explain", "w1")
                #expect(why.output.contains("Too many rows of its first job failed"), "\(why.output)")
                #expect(try await site.ctl("show", "b1").output.contains("200"))
                // A workload that is no larger just runs.
                #expect(try await site.ctl("submit", "update-customers", small, "--wait").code == 8)
                try daemon.kill()
            }
            try await site.withDaemon { _ in
                #expect(try await state("w1", at: site).state == "held")
                try await site.simulator.heal()
                #expect(try await site.ctl("resume", "w1").code == 0)
                #expect(try await site.ctl("wait", "w1", "--timeout", "100s").code == 8)
                let rows = counts(try await site.ctl("show", "w1", "-o", "json").json())
                #expect(rows["succeeded"] == 800 && rows["failed"] == 200, "\(rows)")
                let audit = try await site.ctl("audit")
                #expect(audit.code == 0, "\(audit.output)")
            }
        }
    }

    @Test func aCanaryThatSucceedsLetsTheRestFollow() async throws {
        try await Site.with(queue: Self.queue("")) { site in
            let input = try site.input("rows.jsonl", Rows.updates(700))
            try await site.withDaemon { _ in
                #expect(try await site.ctl("submit", "update-customers", input, "--wait").code == 0)
                let batches = try await site.ctl("list", "batches", "-o", "json").jsonLines()
                #expect(batches.compactMap { $0["rows"] as? Int }.sorted() == [200, 500])
                let why = try await site.ctl("explain", "b1")
                #expect(why.output.contains("bound by canary"), "\(why.output)")
            }
        }
    }

    @Test func tooManyFailuresHaltAWorkloadAndAfterResumeOnlyWhatComesThenCounts() async throws {
        let scenario = #"{"rows":[{"prefix":"r-","share":0.6,"status":404}]}"#
        let guards = "    canary: null\n    halt: {max_failure_rate: 20%, min_rows: 800}"
        try await Site.with(scenario: scenario, queue: Self.queue(guards)) { site in
            let input = try site.input("rows.jsonl", Rows.updates(6_000))
            try await site.withDaemon { _ in
                #expect(try await site.ctl("submit", "update-customers", input, "--wait").code == 4)
                let held = try await state("w1", at: site)
                #expect(held.reason.hasPrefix("halt: "), "\(held.reason)")
                #expect(held.reason.contains("of 1000 rows with an outcome failed"), "\(held.reason)")
                let why = try await site.ctl("explain", "w1")
                #expect(why.output.contains("Too many of its rows have failed"), "\(why.output)")
                // The next 1000 rows fail as well: it is held again, for those.
                #expect(try await site.ctl("resume", "w1").code == 0)
                #expect(try await site.ctl("wait", "w1", "--timeout", "100s").code == 4)
                let again = try await state("w1", at: site)
                #expect(again.reason.contains("of 1000 rows"), "\(again.reason)")
                try await site.simulator.heal()
                #expect(try await site.ctl("resume", "w1").code == 0)
                #expect(try await site.ctl("wait", "w1", "--timeout", "100s").code == 8)
                let audit = try await site.ctl("audit")
                #expect(audit.code == 0, "\(audit.output)")
            }
        }
    }

    @Test func jobsAreBegunOnlyInTheWindowAndEveryScreenSaysWhenItOpens() async throws {
        // One minute a day, far from now; and then all day but for that minute.
        let queue = Self.queue("    window: WINDOW")
        try await Site.with(queue: queue.replacing("WINDOW", with: Self.minuteFarFromNow())) { site in
            let input = try site.input("rows.jsonl", Rows.updates(10))
            try await site.withDaemon { _ in
                #expect(try await site.ctl("submit", "update-customers", input).code == 0)
                let status = try await site.ctl("status")
                #expect(status.output.contains("Waiting for a window to open."), "\(status.output)")
                #expect(status.output.contains("Window: update-customers begins jobs"), "\(status.output)")
                let why = try await site.ctl("explain", "w1")
                #expect(why.output.contains("its window, which is closed"), "\(why.output)")
                let queues = try await site.ctl("list", "queues", "-o", "json").jsonLines()
                #expect(queues.first?["opens_at"] is String, "\(queues)")
                let jobs = try await site.simulator.jobs()
                #expect(jobs.isEmpty)
            }
            try site.configure(
                queue.replacing("WINDOW", with: Self.minuteFarFromNow(open: false)))
            try await site.withDaemon { _ in
                let ended = try await site.ctl("wait", "w1", "--timeout", "100s")
                #expect(ended.code == 0)
            }
        }
    }

    /// A window in UTC of a minute that is about twelve hours away, or of all others.
    private static func minuteFarFromNow(open: Bool = true) -> String {
        let minute = (Int(Date.now.timeIntervalSince1970) / 60 + 720) % 1440
        func written(_ minute: Int) -> String {
            let (hour, rest) = (minute / 60 % 24, minute % 60)
            return (hour < 10 ? "0" : "") + "\(hour):" + (rest < 10 ? "0" : "") + "\(rest)"
        }
        let (start, end) = (written(minute), written(minute + 1))
        return open ? "\"\(start)-\(end) UTC\"" : "\"\(end)-\(start) UTC\""
    }
}
