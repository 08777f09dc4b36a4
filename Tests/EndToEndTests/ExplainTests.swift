import Foundation
import Testing

/// What `explain` says, against what is really there.
@Suite(.serialized) struct ExplainTests {
    @Test func aRowLeadsToItsLineInTheArchiveByNumberAndDigest() async throws {
        try await Site.with { site in
            let input = try site.input("rows.jsonl", Rows.updates(40))
            try await site.withDaemon { _ in
                #expect(try await site.ctl("submit", "update-customers", input, "--wait").code == 0)
                let evidence = try await site.evidence("w1", "r-23")
                func found<Output>(_ pattern: Regex<Output>) throws -> Output {
                    let match = evidence.lazy.compactMap { $0.firstMatch(of: pattern)?.output }.first
                    return try #require(match, "\(evidence)")
                }
                let job = try found(/Last sent with b1 in (\S+):/).1
                let place = try found(/Its result is line (\d+) of 40, with SHA-256 ([0-9a-f]{64})\./)
                let whole = try found(/Its results have SHA-256 ([0-9a-f]{64})\./).1
                let kept = "\(site.folder)/kept.jsonl"
                #expect(try await site.ctl("archive", "get", String(job), "--to", kept).code == 0)
                let line = try await site.judge("/bin/sh", ["-c", "sed -n \(place.1)p \(kept)"]).output
                #expect(line.contains("\"r-23\""), "\(line)")
                let digests = try await site.judge(
                    "/bin/sh",
                    ["-c", "sha256sum <\(kept); sed -n \(place.1)p \(kept) | tr -d '\\n' | sha256sum"]
                ).output.split(separator: "\n").compactMap { $0.split(separator: " ").first }
                #expect(digests == [whole, place.2])
            }
        }
    }

    @Test func whatIsStoppedSaysByWhomAndWhyAndSoDoItsRows() async throws {
        try await Site.with(rps: 20, timeScale: 1) { site in
            let user = try await site.judge("/usr/bin/id", ["-un"]).output.split(separator: "\n").joined()
            let input = try site.input("rows.jsonl", Rows.updates(400))
            try site.configure(Queue.updates.replacing("canary: null", with: "canary: {rows: 100}"))
            try await site.withDaemon { _ in
                #expect(try await site.ctl("submit", "update-customers", input).code == 0)
                try await awaitFact("its canary runs") {
                    try await site.ctl("explain", "w1").output.contains("the canary, is under way")
                }
                let last = try await site.evidence("w1", "r-400")
                #expect(last.contains { $0.contains("the canary, is under way") }, "\(last)")
                #expect(
                    try await site.ctl("pause", "update-customers", "--reason", "asked by billing").code == 0)
                let waiting = try await site.ctl("explain", "w1", "r-400").output
                #expect(waiting.contains("asked by billing, by \(user)"), "\(waiting)")
                #expect(waiting.contains("batchctl resume update-customers"), "\(waiting)")
                #expect(!waiting.contains("batchctl resume ALL"), "that is not paused: \(waiting)")
                #expect(try await site.ctl("pause", "w1", "--until", "2h").code == 0)
                let status = try await site.ctl("status").output
                #expect(status.contains("Paused: update-customers by \(user) since"), "\(status)")
                #expect(status.contains("Paused: w1 by \(user) since"), "\(status)")
                let workload = try await site.ctl("explain", "w1").output
                #expect(workload.contains("paused until") && workload.contains("by \(user)"), "\(workload)")
                #expect(workload.contains("Next: It goes on when the pause ends.\nWhen: "), "\(workload)")
                #expect(try await site.ctl("show", "w1", "-o", "json").json()["eta"] is NSNull)
            }
        }
    }

    @Test func aRowBehindAClosedWindowSaysWhenItOpens() async throws {
        try await Site.with { site in
            // Twelve hours from now, wherever in its minute this runs.
            let hour = (Calendar(identifier: .iso8601).dateComponents(in: .gmt, from: Date()).hour ?? 0) + 12
            let window = "window: \"\(hour % 24):00-\((hour + 1) % 24):00 UTC\""
                .replacing(/\b(\d):/) { "0\($0.1):" }
            try site.configure(Queue.updates.replacing("canary: null", with: window))
            let input = try site.input("rows.jsonl", Rows.updates(3))
            try await site.withDaemon { _ in
                let submitted = try await site.ctl("submit", "update-customers", input)
                #expect(submitted.errors.contains("The window of its queue is closed"), "\(submitted.errors)")
                let row = try await site.ctl("explain", "w1", "r-2", "-o", "json").json()
                #expect(row["rule"] as? String == "No job is begun for its workload now.")
                #expect(row["next"] as? String == "The next job is begun when the window opens.")
                #expect(row["next_at"] is String)
                let watched = try await site.ctl("wait", "w1", "--timeout", "1s")
                #expect(watched.code == 69 && watched.errors.contains("window"), "\(watched.errors)")
            }
        }
    }

    @Test func idsFromStandardInputAreTakenOneByOneAndABadOneStopsNobody() async throws {
        try await Site.with { site in
            let first = try site.input("first.jsonl", Rows.updates(3))
            let second = try site.input("second.jsonl", Rows.otherUpdates(3))
            try await site.withDaemon { _ in
                #expect(try await site.ctl("submit", "update-customers", first, "--wait").code == 0)
                #expect(try await site.ctl("submit", "update-customers", second, "--wait").code == 0)
                let ctl = "\(Site.programs)/batchctl"
                func piped(_ left: String, _ right: String) async throws -> Answer {
                    try await site.judge(
                        "/bin/bash",
                        ["-c", "export BATCHD_SOCKET=\(site.socket); \(left) | \(ctl) \(right)"])
                }
                let listed = try await piped("\(ctl) list workloads -o json", "explain - -o json")
                #expect(listed.code == 0, "\(listed.errors)")
                #expect(try listed.jsonLines().compactMap { $0["id"] as? String } == ["w2", "w1"])
                let some = try await piped("printf 'w2\\r\\n\\nw9\\nb1\\n'", "show - -o json")
                #expect(
                    some.code == 1 && some.errors.contains("There is no workload \"w9\""), "\(some.errors)")
                #expect(some.errors.contains("The last one is w2."), "\(some.errors)")
                #expect(try some.jsonLines().compactMap { $0["id"] as? String } == ["w2", "b1"])
                #expect(try await piped("printf ''", "show -").code == 2)
                #expect(try await piped("printf -- '--help\\n'", "show -").code == 2)
            }
        }
    }
}

extension Site {
    /// What `explain` shows for a row.
    fileprivate func evidence(_ workload: String, _ row: String) async throws -> [String] {
        let answer = try await ctl("explain", workload, row, "-o", "json").json()
        return try #require(answer["evidence"] as? [String])
    }
}
