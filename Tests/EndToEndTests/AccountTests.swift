import Foundation
import Testing

/// The queue's account changes while jobs of the old one run.
@Suite(.serialized) struct AccountTests {
    private static let queue = """
          update-customers:
            endpoint: POST /v1/customers/:customer
            canary: null
            account: main
            max_rows_per_job: 100
            max_concurrent_jobs: 2
            retry: {max_attempts: 4, initial_delay: 300ms, max_delay: 2s}
        """

    @Test func jobsOfTheOldAccountAreFollowedThereAndNewOnesGoToTheNew() async throws {
        try await Site.with(rps: 5, timeScale: 1, queue: Self.queue) { site in
            try site.configure(accounts: ["main", "other"], of: "main")
            let input = try site.input("rows.jsonl", Rows.updates(400))
            try await site.withDaemon { daemon in
                #expect(try await site.ctl("submit", "update-customers", input).code == 0)
                try await awaitFact("two jobs run, and the next file waits") {
                    let batches = try await site.ctl("list", "batches", "-o", "json").jsonLines()
                    let states = batches.compactMap { $0["state"] as? String }.sorted()
                    return states == ["processing", "processing", "staged"]
                }
                try daemon.kill()
            }
            // Without the old account its jobs wait, and the operator is told.
            try site.configure(accounts: ["other"], of: "other")
            try await site.withDaemon { daemon in
                try await awaitFact("the operator sees it") {
                    try await site.ctl("status").output.contains(
                        "b1 waits for the account main, which is not in the configuration")
                }
                #expect(
                    try await site.ctl("show", "b1", "-o", "json").json()["state"] as? String == "processing")
                try daemon.kill()
            }
            try site.configure(accounts: ["main", "other"], of: "other")
            try await site.simulator.speedUp()
            try await site.withDaemon { _ in
                let ended = try await site.ctl("wait", "w1", "--timeout", "100s")
                #expect(ended.code == 0, "\(ended.errors)")
                #expect(counts(try await site.ctl("show", "w1", "-o", "json").json())["succeeded"] == 400)
                let audit = try await site.ctl("audit")
                #expect(audit.code == 0, "\(audit.output)")
                let first = try await site.ctl("show", "b3", "-o", "json").json()
                #expect(first["reason"] as? String == "account_changed", "\(first)")
            }
            try await site.expectExecutedOnce(400)
            for account in ["main", "other"] {
                let path = "\(site.archive)/account=\(account)/queue=update-customers/workload=w1"
                let jobs = try FileManager.default.contentsOfDirectory(atPath: path)
                #expect(jobs.count { $0.hasPrefix("job=") } >= 2, "\(account): \(jobs)")
            }
        }
    }
}

extension Site {
    /// Writes a configuration with these accounts, each with a key of its own, and the queue in one of them.
    fileprivate func configure(accounts: [String], of account: String) throws {
        var text = try String(contentsOfFile: config, encoding: .utf8)
        let (first, last) = (
            try #require(text.firstRange(of: "accounts:\n")).upperBound,
            try #require(text.firstRange(of: "storage:")).lowerBound
        )
        let sections = try accounts.map { name in
            let key = "\(folder)/key-\(name)"
            try "sk_test_\(name)".write(toFile: key, atomically: true, encoding: .utf8)
            try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: key)
            return """
                  \(name):
                    api_base: \(simulator.url)
                    api_key_file: key-\(name)
                    poll: {min: 200ms, max: 1s}
                """
        }
        text.replaceSubrange(first..<last, with: sections.joined(separator: "\n") + "\n")
        text = text.replacing(/account: [a-z]+/, with: "account: \(account)")
        try text.write(toFile: config, atomically: true, encoding: .utf8)
    }
}
