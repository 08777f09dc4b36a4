import Foundation
import Testing

/// Stripe's three clocks, with real programs whose days pass quickly.
@Suite(.serialized) struct StripeClockTests {
    private static let queue = """
          update-customers:
            endpoint: POST /v1/customers/:customer
            canary: null
            retry: {max_attempts: 4, initial_delay: 1m, max_delay: 5m}
        """

    /// Counted on for ten rows a second, Stripe does one: the job would need 28 hours and has 24.
    @Test func aJobThatBecomesTooSlowIsEndedInTimeAndTheNextIsSmaller() async throws {
        try await Site.with(rps: 1, timeScale: 1, queue: Self.queue) { site in
            let input = try site.input("rows.jsonl", Rows.updates(100_000))
            try await site.withDaemon(clock: 1) { daemon in
                #expect(try await site.ctl("submit", "update-customers", input).code == 0)
                try await site.awaitState("validating")
                try daemon.kill()
            }
            try await site.simulator.advance(seconds: 82_000)
            try await site.withDaemon(clock: 1) { daemon in
                try await awaitFact("the deadline is near") {
                    let nearest = try await site.ctl("list", "deadlines", "-o", "json").jsonLines().first
                    let slack = nearest?["slack_seconds"] as? Double ?? 0
                    return nearest?["state"] as? String == "soon" && (3600...4500).contains(slack)
                }
                let status = try await site.ctl("status").output
                #expect(status.contains("Alarm: Stripe's 24 hours end"), "\(status)")
                try daemon.kill()
            }
            try await site.simulator.advance(seconds: 1_200)
            try await site.withDaemon(clock: 1) { daemon in
                try await awaitFact("it was canceled, and the rest goes into another job") {
                    let states = try await site.simulator.jobs().compactMap { $0["status"] as? String }
                    return states == ["canceled", "validating"] || states == ["canceled", "in_progress"]
                }
                try daemon.kill()
            }
            let rows = try await site.simulator.jobs().compactMap { $0["rows"] as? Int }
            #expect(rows.count == 2 && rows[1] < 25_000, "\(rows)")
            try await site.simulator.advance(seconds: 30_000)
            try await site.withDaemon(clock: 1) { _ in
                let ended = try await site.ctl("wait", "w1", "--timeout", "100s")
                #expect(ended.code == 0, "\(ended.errors)")
                #expect(try await site.ctl("audit", "w1").code == 0)
            }
            #expect(try await site.simulator.jobs().allSatisfy { $0["status"] as? String != "timeout" })
            try await site.expectExecutedOnce(100_000)
        }
    }

    /// Forty times as fast: the window of five minutes is seven and a half seconds.
    @Test func filesShrinkWhenTheUplinkDropsAndAfterARestartAsWell() async throws {
        try await Site.with(rps: 10_000, timeScale: 40, queue: Self.queue) { site in
            let first = try site.input("first.jsonl", Self.wide(10_000, "a"))
            let second = try site.input("second.jsonl", Self.wide(20_000, "b"))
            try await site.withDaemon(clock: 40) { daemon in
                #expect(try await site.ctl("submit", "update-customers", first, "--wait").code == 0)
                // Fifty kilobytes a second of Stripe's time, where half a window takes 7.5 MB.
                try await site.simulator.inject(
                    #"{"wire":[{"on":"upload","action":"throttle","bytes_per_second":2000000,"forever":true}]}"#
                )
                #expect(try await site.ctl("submit", "update-customers", second).code == 0)
                try await awaitFact("the first file was too late") {
                    try await site.simulator.jobs().contains { $0["status"] as? String == "upload_timeout" }
                }
                try await awaitFact("its rows came back") {
                    try await site.ctl("show", "b2", "-o", "json").json()["state"] as? String == "released"
                }
                try daemon.kill()
            }
            try await site.withDaemon(clock: 40) { _ in
                let ended = try await site.ctl("wait", "w2", "--timeout", "110s")
                #expect(ended.code == 0, "\(ended.errors)")
                #expect(try await site.ctl("audit", "w2").code == 0)
            }
            let jobs = try await site.simulator.jobs().dropFirst()
            let late = jobs.filter { $0["status"] as? String == "upload_timeout" }
            // One when the uplink dropped, and one that the kill may have cut.
            #expect(late.count <= 2, "\(jobs)")
            let sizes = jobs.filter { $0["status"] as? String == "complete" }
                .compactMap { $0["input_bytes"] as? Int }
            #expect(sizes.count >= 3 && sizes.allSatisfy { $0 < 12_000_000 }, "\(sizes)")
            try await site.expectExecutedOnce(30_000)
        }
    }

    @Test func anAlarmComesDaysBeforeResultsExpire() async throws {
        try await Site.with(timeScale: 1, queue: Self.queue) { site in
            try await site.simulator.inject(
                #"{"wire":[{"on":"download","action":"status","status":503,"body":"empty","forever":true}]}"#)
            let input = try site.input("rows.jsonl", Rows.updates(100))
            try await site.withDaemon(clock: 1) { daemon in
                #expect(try await site.ctl("submit", "update-customers", input).code == 0)
                try await site.awaitState("complete")
                try await site.expectDeadline("ok", days: 6.9...7)
                try daemon.kill()
            }
            for (days, state, slack) in [(4, "soon", 2.9...3), (2, "urgent", 0.9...1)] {
                try await site.simulator.advance(seconds: days * 86_400)
                try await site.withDaemon(clock: 1) { daemon in
                    try await site.expectDeadline(state, days: slack)
                    let status = try await site.ctl("status").output
                    #expect(
                        status.contains("Alarm: results expire") && status.contains("(\(state))"), "\(status)"
                    )
                    try daemon.kill()
                }
            }
            try await site.simulator.heal()
            // The pause after the last failed try is over.
            try await site.simulator.advance(seconds: 120)
            try await site.withDaemon(clock: 1) { _ in
                let ended = try await site.ctl("wait", "w1", "--timeout", "100s")
                #expect(ended.code == 0, "\(ended.errors)")
                #expect(try await site.ctl("audit", "w1").code == 0)
                #expect(try await site.ctl("list", "deadlines", "-o", "json").jsonLines().isEmpty)
            }
            try await site.expectExecutedOnce(100)
        }
    }

    /// Rows of a kilobyte.
    private static func wide(_ count: Int, _ prefix: String) -> some Sequence<String> {
        let text = String(repeating: "x", count: 920)
        return (1...count).lazy.map { number in
            #"{"id":"\#(prefix)-\#(number)","path_params":{"customer":"cus_\#(prefix)\#(number)"},"params":{"name":"\#(text)"}}"#
        }
    }
}

extension Site {
    /// Waits until a job of the simulator has this status, and the daemon has seen it.
    fileprivate func awaitState(_ status: String) async throws {
        try await awaitFact("a job is \(status)") {
            try await ctl("list", "jobs", "-o", "json").jsonLines().contains {
                $0["state"] as? String == status
            }
        }
    }

    /// Waits until the nearest deadline has this state, and so many days left.
    fileprivate func expectDeadline(_ state: String, days: ClosedRange<Double>) async throws {
        try await awaitFact("the deadline is \(state)") {
            let nearest = try await ctl("list", "deadlines", "-o", "json").jsonLines().first
            let slack = (nearest?["slack_seconds"] as? Double ?? 0) / 86_400
            return nearest?["state"] as? String == state && days.contains(slack)
        }
    }
}
