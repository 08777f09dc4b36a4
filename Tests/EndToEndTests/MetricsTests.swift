import Foundation
import Testing

/// `/metrics`, as Prometheus sees it.
@Suite(.serialized) struct MetricsTests {
    @Test func aScrapeWhileWorkGoesOnIsWholeAndAgreesWithStatus() async throws {
        try await Site.with(rps: 3000) { site in
            try site.append("metrics: {listen: \"127.0.0.1:0\"}")
            let input = try site.input("rows.jsonl", Rows.updates(4000))
            try await site.withDaemon { _ in
                #expect(try await site.ctl("submit", "update-customers", input).code == 0)
                // While it works, the states of the rows add up at each look.
                var isOver = false
                while !isOver {
                    let page = Exposition(try await site.curl("/metrics"))
                    #expect(page.complaints == [])
                    #expect(page.rows(in: "update-customers").values.reduce(0, +) == 4000)
                    isOver = page.rows(in: "update-customers")["succeeded"] == 4000
                }
                try await awaitFact("it is over") {
                    try await site.ctl("show", "w1", "-o", "json").json()["finished_at"] is String
                }
                let address = try #require(
                    try await site.awaitLog("for=metrics.listen").firstMatch(of: /address=(\S+) for=metrics/)?
                        .1)
                let text = try await site.judge("curl", ["-sSi", "http://\(address)/metrics"]).output
                #expect(text.lowercased().contains("content-type: text/plain; version=0.0.4; charset=utf-8"))
                let page = Exposition(
                    try await site.judge("curl", ["-sS", "http://\(address)/metrics"]).output)
                #expect(page.complaints == [])
                #expect(page["batchd_accepted_rows_total{queue=\"update-customers\"}"] == 4000)
                #expect(page["batchd_settled_rows_total{queue=\"update-customers\"}"] == 4000)
                #expect(page["batchd_ended_jobs_total{queue=\"update-customers\",ending=\"complete\"}"] == 1)
                #expect(page["batchd_workloads{queue=\"update-customers\",state=\"finished\"}"] == 1)
                let sent = try #require(page["batchd_upload_bytes_total{account=\"main\"}"])
                let batches = try await site.ctl("list", "batches", "-o", "json").jsonLines()
                #expect(sent == batches.compactMap { $0["bytes"] as? Double }.reduce(0, +))
                for name in ["upload", "download"] {
                    let family = try #require(page.families["batchd_\(name)_duration_seconds"])
                    #expect(family.type == "histogram")
                    #expect(family.samples["batchd_\(name)_duration_seconds_count{account=\"main\"}"] == 1)
                    #expect(
                        family.samples["batchd_\(name)_duration_seconds_bucket{account=\"main\",le=\"+Inf\"}"]
                            == 1)
                }
                let made = try #require(page["batchd_month_reads{account=\"main\"}"])
                #expect(made > 0)
                #expect(page["batchd_month_reads_left{account=\"main\"}"] == 10_000 - made)
                #expect(try #require(page["batchd_database_bytes"]) > 0)
                #expect(try #require(page["process_resident_memory_bytes"]) > 1_000_000)
                #expect(page["batchd_build_info{version=\"0.1.0\"}"] == 1)
                // Nothing else is served there: it is no control socket.
                let other = try await site.judge(
                    "curl", ["-sS", "-o", "/dev/null", "-w", "%{http_code}", "http://\(address)/v1/status"])
                #expect(other.output == "404")
                try await site.promtool(try await site.curl("/metrics"))
            }
        }
    }

    @Test func deadlinesJobsAndFailuresShowWhileStripeIsAway() async throws {
        try await Site.with(rps: 20, timeScale: 1) { site in
            let input = try site.input("rows.jsonl", Rows.updates(400))
            try await site.withDaemon { _ in
                #expect(try await site.ctl("submit", "update-customers", input).code == 0)
                try await awaitFact("its job runs") {
                    let page = Exposition(try await site.curl("/metrics"))
                    return page["batchd_jobs{account=\"main\",status=\"in_progress\"}"] == 1
                }
                try await site.simulator.inject(
                    #"{"wire":[{"on":"retrieve","action":"status","status":503,"probability":1}]}"#)
                try await awaitFact("the failures are counted by class") {
                    let page = Exposition(try await site.curl("/metrics"))
                    return page["batchd_call_failures_total{account=\"main\",class=\"unanswered\"}"] ?? 0 >= 2
                }
                let page = Exposition(try await site.curl("/metrics"))
                #expect(page.complaints == [])
                let slack = try #require(page["batchd_nearest_deadline_slack_seconds{clock=\"processing\"}"])
                #expect((86_000...86_400).contains(slack))
                #expect(page["batchd_batches{queue=\"update-customers\",phase=\"processing\"}"] == 1)
                try await site.alertsAreAboutWhatIsServed(page)
            }
        }
    }

    @Test func anAddressThatIsTakenEndsTheDaemonWithAClearWord() async throws {
        try await Site.with { site in
            let taken = try #require(site.simulator.url.split(separator: "/").last)
            try site.append("metrics: {listen: \"\(taken)\"}")
            let end = try await site.daemonEnds()
            #expect(end.code == 1)
            #expect(end.log.contains("cannot listen at \(taken) (metrics.listen)"), "\(end.log)")
        }
    }
}

extension Exposition {
    fileprivate func rows(in queue: String) -> [String: Double] {
        let states = ["queued", "in_flight", "succeeded", "failed", "held", "canceled"]
        return Dictionary(
            uniqueKeysWithValues: states.map {
                ($0, self["batchd_rows{queue=\"\(queue)\",state=\"\($0)\"}"] ?? -1)
            })
    }
}

extension Site {
    /// Adds a section to the configuration.
    func append(_ section: String) throws {
        let text = try String(contentsOfFile: config, encoding: .utf8)
        try (text + "\n" + section + "\n").write(toFile: config, atomically: true, encoding: .utf8)
    }

    private var promtool: String? {
        ["/usr/bin/promtool", "/usr/local/bin/promtool"].first(where: FileManager.default.isExecutableFile)
    }

    /// Holds the alert rules to a page: each series that they ask for is on it, with the labels that they choose by.
    fileprivate func alertsAreAboutWhatIsServed(_ page: Exposition) async throws {
        let path = URL(filePath: #filePath).deletingLastPathComponent()
            .appending(path: "../../config/prometheus-rules.yml").standardized.path()
        let rules = try String(contentsOfFile: path, encoding: .utf8)
        var names: Set<String> = []
        for found in rules.matches(of: /\b((?:batchd|process)_[a-z_]+)(?:\{([a-z]+)=)?/) {
            let name = String(found.1)
            names.insert(name)
            let samples = page.families[name]?.samples.keys.map(\.self) ?? []
            #expect(!samples.isEmpty, "an alert asks for \(name), which is not served")
            // What Prometheus adds by itself is on no page.
            if let label = found.2, label != "job" {
                #expect(samples.allSatisfy { $0.contains("\(label)=\"") }, "\(name) has no label \(label)")
            }
        }
        #expect(names.count > 8, "the rules are read")
        for clock in rules.matches(of: /clock="([a-z]+)"/) {
            #expect(["upload", "processing", "results"].contains(String(clock.1)))
        }
        guard let promtool else { return }
        let answer = try await judge(promtool, ["check", "rules", path])
        #expect(answer.code == 0, "\(answer.output) \(answer.errors)")
    }

    /// Lets Prometheus' own linter judge a page, where it is installed.
    fileprivate func promtool(_ page: String) async throws {
        guard let promtool else { return }
        try page.write(toFile: "\(folder)/page", atomically: true, encoding: .utf8)
        let answer = try await judge("/bin/sh", ["-c", "\(promtool) check metrics <\(folder)/page"])
        #expect(answer.code == 0, "\(answer.output) \(answer.errors)")
        #expect(answer.output + answer.errors == "")
    }
}
