import Foundation
import Glibc
import Testing

@Suite(.serialized) struct OperatorTests {
    @Test(arguments: BadInput.allCases)
    func badInputIsRefusedWithItsPlace(input: BadInput) async throws {
        try await Site.with { site in
            try Data(input.bytes).write(to: URL(filePath: "\(site.folder)/bad.jsonl"))
            try await site.withDaemon { _ in
                let answer = try await site.ctl("submit", "update-customers", "\(site.folder)/bad.jsonl")
                #expect(answer.code != 0)
                #expect(answer.errors.contains(input.complaint), "\(answer.errors)")
                #expect(try await site.ctl("list", "workloads", "-o", "json").jsonLines().isEmpty)
            }
        }
    }

    @Test(arguments: ["batchd", "batchctl", "batchsim"])
    func wrongUsageIsTwo(program: String) async throws {
        let log = "/tmp/batchd-test-\(UUID().uuidString.prefix(13)).log"
        defer { try? FileManager.default.removeItem(atPath: log) }
        #expect(try await Process.run(program, ["--nonsense"], log: log) == 2)
        #expect(try String(contentsOfFile: log, encoding: .utf8).contains("--nonsense"))
    }

    @Test(arguments: [
        ("batchd", "chekc", "check"), ("batchctl", "lst", "list"), ("batchsim", "srve", "serve"),
    ])
    func aMistypedCommandIsToldWhatItMayHaveMeant(program: String, typed: String, meant: String) async throws
    {
        let log = "/tmp/batchd-test-\(UUID().uuidString.prefix(13)).log"
        defer { try? FileManager.default.removeItem(atPath: log) }
        #expect(try await Process.run(program, [typed], log: log) == 2)
        let said = try String(contentsOfFile: log, encoding: .utf8)
        #expect(said.hasPrefix("Error: There is no command '\(typed)'."))
        #expect(said.contains("Did you mean '\(meant)'?"), "\(said)")
    }

    @Test func jobsAreListedByAStateThatOnlyStripeKnowsAndNotByOneThatNobodyKnows() async throws {
        try await Site.with(scenario: #"{"jobs":[{"end":"hibernating"}]}"#) { site in
            let input = try site.input("rows.jsonl", Rows.updates(10))
            try await site.withDaemon { _ in
                let early = try await site.ctl("list", "jobs", "--state", "hibernating")
                #expect(early.code == 2)
                #expect(early.errors.contains("in_progress, cancelling, complete"), "\(early.errors)")
                #expect(try await site.ctl("submit", "update-customers", input).code == 0)
                try await awaitFact("its job is listed by its state") {
                    let answer = try await site.ctl("list", "jobs", "--state", "hibernating", "-o", "json")
                    return try answer.jsonLines().count == 1
                }
            }
        }
    }

    @Test func theSameContentIsRefusedUnlessAllowed() async throws {
        try await Site.with { site in
            let input = try site.input("rows.jsonl", Rows.updates(10))
            try await site.withDaemon { _ in
                #expect(try await site.ctl("submit", "update-customers", input).code == 0)
                let again = try await site.ctl("submit", "update-customers", input)
                #expect(again.code == 3)
                #expect(again.errors.contains("w1"))
                #expect(
                    try await site.ctl("submit", "update-customers", input, "--allow-duplicate").code == 0)
            }
        }
    }

    @Test func aSecondDaemonIsRefusedAndNamesTheFirst() async throws {
        try await Site.with { site in
            try await site.withDaemon { _ in
                let lock = try String(contentsOfFile: "\(site.folder)/state/batchd.lock", encoding: .utf8)
                let pid = try #require(lock.firstMatch(of: /\d+/)).0
                let log = "\(site.folder)/second.log"
                try await Process.run("batchd", ["run", "--config", site.config], log: log) { _ in }
                let said = try String(contentsOfFile: log, encoding: .utf8)
                #expect(said.contains(pid), "\(said)")
                #expect(try await site.ctl("status").code == 0)
            }
        }
    }

    @Test(arguments: [false, true])
    func cancelEndsAWorkloadAndKeepsWhatWasDone(now: Bool) async throws {
        try await Site.with(rps: 50, timeScale: 30) { site in
            let input = try site.input("rows.jsonl", Rows.updates(30_000))
            try await site.withDaemon { _ in
                #expect(try await site.ctl("submit", "update-customers", input).code == 0)
                try await awaitFact("rows run") { try await site.simulator.ledger().count > 500 }
                var command = ["cancel", "w1"]
                if now { command.append("--now") }
                #expect(try await site.ctl(command[0], command[1], now ? "--now" : "--no-color").code == 0)
                _ = try await site.ctl("wait", "w1", "--timeout", "110s")
                let workload = try await site.ctl("show", "w1", "-o", "json").json()
                #expect(workload["state"] as? String == "canceled")
                let rows = counts(workload)
                #expect((rows["succeeded"] ?? 0) + (rows["canceled"] ?? 0) == 30_000)
                #expect(rows["canceled"] ?? 0 > 0)
                let executed = try await site.simulator.ledger().count
                #expect(executed == rows["succeeded"])
                #expect(try await site.ctl("audit", "w1").code == 0)
            }
        }
    }

    @Test func theSocketAnswersCurl() async throws {
        try await Site.with { site in
            try await site.withDaemon { _ in
                let answer = try await site.curl("/v1/status")
                #expect(answer.contains("\"daemon\""), "\(answer)")
                #expect(try await site.curl("/healthz").isEmpty == false)
            }
        }
    }

    @Test func aSubmissionThatStallsDoesNotHoldUpAStop() async throws {
        try await Site.with { site in
            let pipe = "\(site.folder)/pipe"
            let curlLog = "\(site.folder)/curl.log"
            #expect(mkfifo(pipe, 0o600) == 0)
            // Open on both sides for as long as the test takes: its end never comes.
            let file = try FileHandle(forUpdating: URL(filePath: pipe))
            let (code, log) = try await site.daemonEnds {
                try await awaitFact("the daemon answers") { try await site.ctl("status").code == 0 }
                let target = "http://localhost/v1/workloads?queue=update-customers"
                // A dot, so that curl listens while it waits for more to send.
                let command = "exec curl -sS --unix-socket \(site.socket) -X POST -T . '\(target)' < \(pipe)"
                try await Process.run("/bin/bash", ["-c", command], log: curlLog) { _ in
                    let lines = Rows.updates(120_000).joined(separator: "\n") + "\n"
                    try file.write(contentsOf: Data(lines.utf8))
                    try await awaitFact("a part of it is stored") {
                        let log = "\(site.folder)/state/batchd.db-wal"
                        let size = try FileManager.default.attributesOfItem(atPath: log)[.size] as? Int
                        return size ?? 0 > 4_000_000
                    }
                    kill(try #require(pid_t(try site.daemonPID)), SIGTERM)
                }
            }
            #expect(code == 0)
            #expect(log.contains("stopped") && !log.contains("were cut"), "\(log)")
            let answer = try String(contentsOfFile: curlLog, encoding: .utf8)
            #expect(answer.contains("not_running"), "\(answer)")
            try await site.withDaemon { _ in
                let kept = try await site.ctl("list", "workloads", "-o", "json").jsonLines()
                #expect(kept.isEmpty)
            }
            try file.close()
        }
    }
}
