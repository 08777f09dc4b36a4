import Foundation
import Testing

/// Stripe's events, from the simulator to a look at the job.
@Suite(.serialized) struct WebhookTests {
    @Test func anEventBringsTheLookForwardWhateverElseIsDelivered() async throws {
        try await Site.with(rps: 150, timeScale: 1) { site in
            try await site.withWebhooks { daemon in
                // Falsely signed, twice, late and in disorder.
                try await site.simulator.inject(
                    #"{"events":[{"types":["v2.core.batch_job.validating"],"bad_signature":1},"#
                        + #"{"duplicate":1,"twin":0.3,"shuffle_seconds":1}]}"#)
                let input = try site.input("rows.jsonl", Rows.updates(1000))
                #expect(try await site.ctl("submit", "update-customers", input).code == 0)
                // Where events arrive, jobs are polled once a minute at most: it is the event that ends it.
                let ended = try await site.ctl("wait", "w1", "--timeout", "50s")
                #expect(ended.code == 0, "\(ended.errors)")
                let status = try await site.ctl("status", "-o", "json").json()
                let webhook = try #require(status["webhook"] as? [String: Any])
                #expect(webhook["accepted"] as? Int ?? 0 >= 2)
                #expect(webhook["duplicates"] as? Int ?? 0 >= 1)
                #expect(webhook["refused"] as? Int ?? 0 >= 1)
                #expect(webhook["last_event_at"] is String)
                let page = Exposition(try await site.curl("/metrics"))
                #expect(page.complaints == [])
                #expect(
                    page["batchd_webhook_events_total{result=\"accepted\"}"].map { Int($0) }
                        == webhook["accepted"] as? Int)
                let reads = try #require((status["reads"] as? [[String: Any]])?.first)
                #expect(try #require(reads["made"] as? Int) <= 5, "\(reads)")
            }
            try await site.expectExecutedOnce(1000)
        }
    }

    @Test func onlyWhatIsRightlySignedIsTakenAndOnlyOnItsPath() async throws {
        try await Site.with { site in
            try await site.withWebhooks { daemon in
                let url = daemon.url
                func post(_ path: String, _ header: String, _ body: String) async throws -> String {
                    try await site.judge(
                        "curl",
                        [
                            "-sS", "-o", "/dev/null", "-w", "%{http_code}", "-H",
                            "Stripe-Signature: \(header)",
                            "--data-binary", body, url.replacing("/webhook", with: path),
                        ]
                    ).output
                }
                // openssl signs as Stripe does.
                func sign(_ body: String, _ secret: String, at time: Int) async throws -> String {
                    try body.write(toFile: "\(site.folder)/body", atomically: true, encoding: .utf8)
                    let script =
                        "printf '%s.' \(time) | cat - \(site.folder)/body | openssl dgst -sha256 -hmac \(secret)"
                    let answer = try await site.judge("/bin/sh", ["-c", script]).output
                    let digest = try #require(answer.split(separator: " ").last).trimmingCharacters(
                        in: .newlines)
                    return "t=\(time),v1=\(digest)"
                }
                let body =
                    #"{"id":"evt_1","type":"v2.core.batch_job.completed","related_object":{"id":"batchv2_unknown","type":"v2.core.batch_job"}}"#
                let now = Int(Date().timeIntervalSince1970)
                let good = try await sign(body, daemon.secret, at: now)
                #expect(try await post("/webhook", good, body) == "200")
                #expect(try await post("/webhook", good, body) == "200")
                #expect(try await post("/webhook", good, body + " ") == "400")
                #expect(try await post("/webhook", "", body) == "400")
                #expect(
                    try await post("/webhook", try await sign(body, "whsec_other", at: now), body) == "400")
                #expect(
                    try await post("/webhook", try await sign(body, daemon.secret, at: now - 400), body)
                        == "400")
                #expect(
                    try await post("/webhook", try await sign(body, daemon.secret, at: now + 400), body)
                        == "400")
                #expect(try await post("/other", good, body) == "404")
                let large = String(repeating: "x", count: 70_000)
                #expect(
                    try await post("/webhook", try await sign(large, daemon.secret, at: now), large) == "413")
                #expect(
                    try await post("/webhook", try await sign("{}", daemon.secret, at: now), "{}") == "400")
                let status = try await site.ctl("status", "-o", "json").json()["webhook"] as? [String: Any]
                #expect(status?["accepted"] as? Int == 1)
                #expect(status?["duplicates"] as? Int == 1)
                #expect(status?["refused"] as? Int == 7)
                // One line of the log says it, however many there are.
                let log = try await site.awaitLog("an event was refused")
                #expect(log.matches(of: /an event was refused/).count == 1)
                #expect(!log.contains(daemon.secret))
            }
        }
    }
}

/// A daemon that listens for events.
struct Listening {
    let daemon: RunningDaemon
    let url: String
    let secret: String
}

extension Site {
    /// Runs a daemon that takes the simulator's events, and polls hardly at all.
    func withWebhooks(
        clock scale: Int? = nil, poll: String = "{min: 1s, max: 1h}", logLevel: String = "info",
        _ body: (Listening) async throws -> Void
    ) async throws {
        var text = try String(contentsOfFile: config, encoding: .utf8)
        text = text.replacing("poll: {min: 200ms, max: 1s}", with: "poll: \(poll)")
        text += "\nwebhook: {listen: \"127.0.0.1:0\", secret_file: hook}\n"
        try text.write(toFile: config, atomically: true, encoding: .utf8)
        try write(secret: "whsec_not_known_yet")
        try await withDaemon(clock: scale, logLevel: logLevel) { daemon in
            let log = try await awaitLog("for=webhook.listen")
            let address = try #require(log.firstMatch(of: /address=(\S+) for=webhook/)?.1)
            let url = "http://\(address)/webhook"
            let answer = try await judge(
                "curl",
                [
                    // The scenario may let this call fail like any other.
                    "-sS", "--fail", "--retry", "9", "--retry-all-errors", "--retry-delay", "1", "-u",
                    "sk_test_local:", "-H", "Stripe-Version: 2026-09-30.preview", "-H",
                    "Content-Type: application/json", "\(simulator.url)/v2/core/event_destinations", "-d",
                    #"{"name":"batchd","type":"webhook_endpoint","event_payload":"thin","enabled_events":["v2.core.batch_job.created","v2.core.batch_job.validating","#
                        + #""v2.core.batch_job.completed"],"#
                        + #""include":["webhook_endpoint.signing_secret"],"webhook_endpoint":{"url":"\#(url)"}}"#,
                ])
            let secret = try #require(
                answer.output.firstMatch(of: /"signing_secret":\s*"(whsec_[^"]+)"/)?.1, "\(answer.output)")
            // Stripe tells the secret when the listener is there already: a reload puts it into force.
            try write(secret: "whsec_not_known_yet\n\(secret)")
            try daemon.reload()
            try await awaitLog("another secret is in use key=webhook")
            try await body(Listening(daemon: daemon, url: url, secret: String(secret)))
        }
    }

    private func write(secret: String) throws {
        try secret.write(toFile: "\(folder)/hook", atomically: true, encoding: .utf8)
        try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: "\(folder)/hook")
    }
}
