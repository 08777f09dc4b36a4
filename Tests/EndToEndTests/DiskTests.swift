import Foundation
import Subprocess
import Testing

/// Faults of the disk, on real file systems and real processes.
@Suite struct DiskTests {
    private static let queue = """
          update-customers:
            endpoint: POST /v1/customers/:customer
            canary: null
            max_rows_per_job: 100
            retry: {max_attempts: 4, initial_delay: 300ms, max_delay: 2s}
        """

    @Test(.enabled(if: Disk.canMount, "mounting needs root"))
    func aShortDiskStopsIntakeAndStagingButNotTheJobsThatRun() async throws {
        try await Site.with(rps: 5, timeScale: 1, queue: Self.queue) { site in
            try Disk.memory(at: "\(site.folder)/state", megabytes: 48)
            defer { try? Disk.unmount("\(site.folder)/state") }
            try site.configure(Self.queue, minFree: "16MB", jobs: 1)
            let input = try site.input("rows.jsonl", Rows.updates(400))
            let more = try site.input("more.jsonl", Rows.updates(401))
            try await site.withDaemon { _ in
                #expect(try await site.ctl("submit", "update-customers", input).code == 0)
                try await awaitFact("a job runs") { try await !site.simulator.jobs().isEmpty }
                let ballast = try Disk.fill("\(site.folder)/state", sparing: 8_000_000)
                let refused = try await site.ctl("submit", "update-customers", more)
                #expect(refused.code == 5)
                #expect(refused.errors.contains("must stay free"), "\(refused.errors)")
                let status = try await site.ctl("status").output
                #expect(status.contains("The disk is short") && status.contains("by itself"), "\(status)")
                try await site.simulator.speedUp()
                // What was sent or staged before goes its way to the end, and nothing follows it.
                try await awaitFact("running jobs end") {
                    let shown = try await site.ctl("show", "w1", "-o", "json").json()
                    return counts(shown)["succeeded"] ?? 0 >= 100 && counts(shown)["in_flight"] == 0
                }
                let stuck = counts(try await site.ctl("show", "w1", "-o", "json").json())
                #expect(stuck["queued"] ?? 0 > 0, "\(stuck)")
                try FileManager.default.removeItem(atPath: ballast)
                #expect(try await site.ctl("wait", "w1", "--timeout", "100s").code == 0)
                #expect(try await site.ctl("audit").code == 0)
                #expect(try await !site.ctl("status").output.contains("The disk is short"))
            }
            try await site.expectExecutedOnce(400)
        }
    }

    @Test(.enabled(if: Disk.canMount, "mounting needs root"))
    func aDiskThatIsFullToTheLastByteStopsNothingForGood() async throws {
        // No job ends before the disk is full: then there is something that needs space.
        try await Site.with(rps: 2, timeScale: 1, queue: Self.queue) { site in
            try Disk.memory(at: "\(site.folder)/state", megabytes: 32)
            defer { try? Disk.unmount("\(site.folder)/state") }
            try site.configure(Self.queue, minFree: "0MB")
            try site.useArchive("\(site.folder)/state/archive")
            let input = try site.input("rows.jsonl", Rows.updates(2_000))
            try await site.withDaemon { _ in
                #expect(try await site.ctl("submit", "update-customers", input).code == 0)
                try await awaitFact("jobs run") { try await !site.simulator.jobs().isEmpty }
                let ballast = try Disk.fill("\(site.folder)/state", sparing: 0)
                try await site.simulator.speedUp()
                try await awaitFact("the operator sees it") {
                    try await site.ctl("status").output.contains("The disk is full")
                }
                let refused = try await site.ctl("submit", "update-customers", input, "--allow-duplicate")
                #expect(refused.code == 5, "\(refused.errors)")
                try FileManager.default.removeItem(atPath: ballast)
                let ended = try await site.ctl("wait", "w1", "--timeout", "100s")
                #expect(ended.code == 0, "\(ended.errors)")
                let audit = try await site.ctl("audit")
                #expect(audit.code == 0, "\(audit.output)")
                #expect(try await !site.ctl("status").output.contains("The disk is full"))
            }
            try await site.expectExecutedOnce(2_000)
        }
    }

    @Test(.enabled(if: Disk.canMount, "mounting needs root"))
    func aReadOnlyDiskIsNamedAtTheStart() async throws {
        try await Site.with { site in
            try await site.withDaemon { _ in }
            try Disk.freeze("\(site.folder)/state")
            defer { try? Disk.unmount("\(site.folder)/state") }
            let (code, log) = try await site.daemonEnds()
            #expect(code == 1)
            #expect(log.contains("\(site.folder)/state/batchd.lock: Read-only file system"), "\(log)")
            #expect(log.contains("mount it writable"), "\(log)")
        }
    }

    @Test func aDamagedDatabaseIsNamedAtTheStart() async throws {
        try await Site.with { site in
            try await site.withDaemon { _ in }
            let path = "\(site.folder)/state/batchd.db"
            let file = try FileHandle(forUpdating: URL(filePath: path))
            try file.write(contentsOf: Data(repeating: 0x5A, count: 4096))
            try file.close()
            let (code, log) = try await site.daemonEnds()
            #expect(code == 7)
            #expect(log.contains("database \(path): ") && log.contains("audit --offline"), "\(log)")
        }
    }

    @Test(.enabled(if: Disk.canInject, "strace and root are needed"))
    func aCommitThatCannotBeSyncedEndsTheProcessAndIsNotTriedAgain() async throws {
        try await Site.with { site in
            let input = try site.input("rows.jsonl", Rows.updates(500))
            let (code, log) = try await site.daemonEnds {
                try await awaitFact("the daemon answers") { try await site.ctl("status").code == 0 }
                try await site.injecting("fdatasync:error=EIO:when=1") {
                    let answer = try await site.ctl("submit", "update-customers", input, "--key", "k")
                    #expect(answer.code != 0)
                    try await awaitFact("it ends") { try await site.ctl("status").code == 6 }
                }
            }
            #expect(code == 1)
            #expect(log.contains("disk I/O error") && log.contains("kernel's log"), "\(log)")
            try await site.withDaemon { _ in
                let again = try await site.ctl("submit", "update-customers", input, "--key", "k", "--wait")
                #expect(again.code == 0, "\(again.errors)")
                #expect(try await site.ctl("audit").code == 0)
            }
            try await site.expectExecutedOnce(500)
        }
    }

    @Test(.enabled(if: Disk.canInject, "strace and root are needed"))
    func commitsThatFindNoSpaceAreMadeLater() async throws {
        try await Site.with(rps: 200, queue: Self.queue) { site in
            let input = try site.input("rows.jsonl", Rows.updates(1_000))
            try await site.withDaemon { _ in
                #expect(try await site.ctl("submit", "update-customers", input).code == 0)
                try await site.injecting("pwrite64:error=ENOSPC:when=1..3") {
                    try await awaitFact("it was felt, and the daemon lives") {
                        try await site.ctl("status").code == 0
                            && String(contentsOfFile: site.daemonLog, encoding: .utf8).contains("no space")
                    }
                }
                #expect(try await site.ctl("wait", "w1", "--timeout", "100s").code == 0)
                let audit = try await site.ctl("audit")
                #expect(audit.code == 0, "\(audit.output)")
            }
            try await site.expectExecutedOnce(1_000)
        }
    }
}

extension Site {
    /// The daemon's process id, from its lock.
    var daemonPID: String {
        get throws {
            let lock = try String(contentsOfFile: "\(folder)/state/batchd.lock", encoding: .utf8)
            guard let pid = lock.firstMatch(of: /\d+/)?.0 else { throw Failure("no pid in \(lock)") }
            return String(pid)
        }
    }

    /// Makes system calls of the daemon fail around `body`, as strace(1) has it.
    func injecting(_ fault: String, _ body: () async throws -> Void) async throws {
        let call = fault.prefix { $0 != ":" }
        let log = "\(folder)/strace.log"
        try await Process.run(
            "/usr/bin/strace", ["-f", "-p", try daemonPID, "-e", "trace=\(call)", "-e", "inject=\(fault)"],
            log: log
        ) { strace in
            try await awaitFact("strace is attached") {
                try String(contentsOfFile: log, encoding: .utf8).contains("attached")
            }
            try await body()
            // It ends with the daemon, if that has ended.
            try? strace.send(signal: .interrupt)
        }
    }

    /// Moves the archive of the configuration.
    func useArchive(_ folder: String) throws {
        let text = try String(contentsOfFile: config, encoding: .utf8)
        try text.replacing("archive_dir: \(archive)", with: "archive_dir: \(folder)")
            .write(toFile: config, atomically: true, encoding: .utf8)
    }
}
