import Foundation
import Glibc
import Testing

/// What `systemctl reload` does.
@Suite(.serialized) struct ReloadTests {
    @Test func aQueueAndALimitAndAKeyChangeWhileJobsRun() async throws {
        try await Site.with(rps: 50, timeScale: 1) { site in
            let notices = try Notices(at: "\(site.folder)/notify")
            let input = try site.input("rows.jsonl", Rows.updates(200))
            try await site.withDaemon(notify: notices.path) { daemon in
                #expect(try await site.ctl("submit", "update-customers", input).code == 0)
                try await awaitFact("a job runs") {
                    let batches = try await site.ctl("list", "batches", "-o", "json").jsonLines()
                    return batches.contains { $0["state"] as? String == "processing" }
                }
                try site.configure(
                    Queue.updates.replacing("retry:", with: "priority: 7\n    retry:") + "\n" + Queue.codes,
                    minFree: "2MB", jobs: 5)
                try daemon.reload()
                let log = try await site.awaitLog("reloaded changed=9 kept=0")
                #expect(
                    log.contains(
                        "configuration changed from=\"(not set)\" key=queues.update-customers.priority to=7"))
                #expect(
                    log.contains("configuration changed from=8 key=accounts.main.max_concurrent_jobs to=5"))
                #expect(log.contains("configuration changed from=1MB key=storage.min_free to=2MB"))
                let queues = try await site.ctl("list", "queues", "-o", "json").jsonLines()
                #expect(
                    queues.compactMap { $0["name"] as? String }.sorted() == [
                        "promotion-codes", "update-customers",
                    ])
                let status = try await site.ctl("status", "-o", "json").json()
                #expect((status["disk"] as? [String: Any])?["min_free_bytes"] as? Int == 2_000_000)
                #expect((status["jobs"] as? [String: Any])?["limit"] as? Int == 5)
                try await site.simulator.speedUp()
                #expect(try await site.ctl("wait", "w1", "--timeout", "100s").code == 0)
                // The protocol of sd_notify(3): a reload begins with a time, and ends with being ready again.
                let told = notices.read()
                let reloading = try #require(told.firstIndex { $0.hasPrefix("RELOADING=1\nMONOTONIC_USEC=") })
                #expect(told[..<reloading].contains { $0.hasPrefix("READY=1") })
                #expect(told[reloading...].contains { $0.hasPrefix("READY=1") })
            }
            try await site.expectExecutedOnce(200)
        }
    }

    @Test func aBadFileChangesNothingAndTheLogSaysWhy() async throws {
        try await Site.with { site in
            try await site.withDaemon { daemon in
                let good = try String(contentsOfFile: site.config, encoding: .utf8)
                try site.configure(Queue.updates + "\n" + Queue.codes.replacing("retry:", with: "retri:"))
                try daemon.reload()
                let log = try await site.awaitLog("reload refused")
                #expect(
                    log.contains("unknown key \"retri\" in queues.promotion-codes; did you mean \"retry\"?"))
                #expect(try await site.ctl("list", "queues", "-o", "json").jsonLines().count == 1)
                // The next one counts again.
                try good.write(toFile: site.config, atomically: true, encoding: .utf8)
                try daemon.reload()
                try await site.awaitLog("reloaded changed=0 kept=0")
            }
        }
    }

    @Test func whatTakesARestartIsNamedAndTheRestIsDone() async throws {
        try await Site.with { site in
            try await site.withDaemon { daemon in
                try site.configure(Queue.updates + "\n" + Queue.codes)
                var text = try String(contentsOfFile: site.config, encoding: .utf8)
                text = text.replacing("\(site.folder)/state", with: "\(site.folder)/elsewhere")
                try text.write(toFile: site.config, atomically: true, encoding: .utf8)
                try daemon.reload()
                let log = try await site.awaitLog("reloaded changed=6 kept=1")
                #expect(
                    log.contains(
                        "not changed: this takes a restart from=\(site.folder)/state key=storage.state_dir "
                            + "to=\(site.folder)/elsewhere"))
                #expect(try await site.ctl("list", "queues", "-o", "json").jsonLines().count == 2)
                #expect(!FileManager.default.fileExists(atPath: "\(site.folder)/elsewhere"))
            }
        }
    }

    @Test func aKeyThatWasReplacedIsUsedFromThenOn() async throws {
        try await Site.with { site in
            let input = try site.input("rows.jsonl", Rows.updates(10))
            try await site.withDaemon { daemon in
                #expect(try await site.ctl("submit", "update-customers", input, "--wait").code == 0)
                try "sk_test_replaced".write(toFile: "\(site.folder)/key", atomically: false, encoding: .utf8)
                try daemon.reload()
                let log = try await site.awaitLog("another secret is in use key=accounts.main")
                #expect(!log.contains("sk_test"))
                let again = try await site.ctl(
                    "submit", "update-customers", input, "--wait", "--allow-duplicate")
                #expect(again.code == 0 || again.code == 8, "\(again.errors)")
                // Stripe shows a job to the key that made it, and to no other.
                #expect(try await site.statuses(ofJobsWith: "sk_test_local") == ["200", "404"])
                #expect(try await site.statuses(ofJobsWith: "sk_test_replaced") == ["404", "200"])
            }
        }
    }

    @Test func theJobOfAQueueThatIsGoneWaitsAndGoesOnWhenItIsBack() async throws {
        try await Site.with(rps: 50, timeScale: 1) { site in
            let input = try site.input("rows.jsonl", Rows.updates(200))
            try await site.withDaemon { daemon in
                #expect(try await site.ctl("submit", "update-customers", input).code == 0)
                try await awaitFact("its job runs") {
                    let batches = try await site.ctl("list", "batches", "-o", "json").jsonLines()
                    return batches.contains { $0["state"] as? String == "processing" }
                }
                try site.configure(Queue.codes)
                try daemon.reload()
                try await site.awaitLog("batches wait for a queue or an account that is not configured")
                #expect(
                    try await site.ctl("show", "b1", "-o", "json").json()["state"] as? String == "processing")
                try site.configure(Queue.updates)
                try daemon.reload()
                try await site.simulator.speedUp()
                #expect(try await site.ctl("wait", "w1", "--timeout", "100s").code == 0)
            }
            try await site.expectExecutedOnce(200)
        }
    }
}

extension Site {
    /// How Stripe answers who asks for each of the jobs with this key.
    fileprivate func statuses(ofJobsWith key: String) async throws -> [String] {
        var statuses: [String] = []
        for batch in ["b1", "b2"] {
            let job = try #require(try await ctl("show", batch, "-o", "json").json()["job"] as? String)
            let answer = try await judge(
                "curl",
                [
                    "-sS", "-o", "/dev/null", "-w", "%{http_code}", "-u", "\(key):", "-H",
                    "Stripe-Version: 2026-09-30.preview", "\(simulator.url)/v2/core/batch_jobs/\(job)",
                ])
            statuses.append(answer.output)
        }
        return statuses
    }
}

/// The other end of `sd_notify`.
final class Notices {
    let path: String
    private let channel: Int32
    private var all: [String] = []

    init(at path: String) throws {
        self.path = path
        channel = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue | SOCK_NONBLOCK.rawValue), 0)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: Array(path.utf8)) }
        let size = socklen_t(MemoryLayout<sockaddr_un>.size)
        let bound = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { bind(channel, $0, size) }
        }
        guard bound == 0 else { throw Failure("cannot listen at \(path)") }
    }

    deinit { close(channel) }

    /// All messages until now.
    func read() -> [String] {
        var bytes = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = recv(channel, &bytes, bytes.count, 0)
            guard count > 0 else { return all }
            all.append(String(decoding: bytes.prefix(count), as: UTF8.self))
        }
    }
}
