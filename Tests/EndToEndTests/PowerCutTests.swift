import Env
import Foundation
import Subprocess
import Testing

/// The power goes off right after a durable step, on a disk that keeps only what was synced.
///
/// State and archive lie on an ext4 in a file. The daemon stops itself at the point, the file is copied as
/// the disk would stand there, and the next daemon starts on the copy.
@Suite struct PowerCutTests {
    /// In every test run a few; all of them with `BATCHD_POWERCUTS=all`, as `make powercuts` does.
    private static let points: [FaultPoint] =
        ProcessInfo.processInfo.environment["BATCHD_POWERCUTS"] == "all"
        ? FaultPoint.allCases
        : [.stagedCommitted, .uploadAnswered, .jobFolderRenamed, .archivedCommitted, .summaryRenamed]
    private static let gate = Gate(3)

    @Test(.enabled(if: Disk.canMountImages, "loop mounts need root and a loop device"), arguments: points)
    func aPowerCutRightAfterItLosesNothing(point: FaultPoint) async throws {
        try await Self.gate.pass {
            try await Self.world { site, image in
                let input = try site.input("rows.jsonl", Rows.updates(49))
                let accepted = try await site.cut(at: point, image) {
                    try await site.ctl("submit", "update-customers", input, "--key", "k").code == 0
                }
                try await site.withDaemon { _ in
                    let list = try await site.ctl("list", "workloads", "-o", "json").jsonLines()
                    if accepted { #expect(list.count == 1, "an accepted workload is gone") }
                    #expect(try await site.ctl("submit", "update-customers", input, "--key", "k").code == 0)
                    try await site.expectEveryWay()
                }
            }
        }
    }

    /// The control: without it, a disk that forgets nothing would pass as well.
    @Test(.enabled(if: Disk.canMountImages, "loop mounts need root and a loop device"))
    func aDaemonThatDoesNotSyncItsCommitsLosesWhatItAccepted() async throws {
        try await Self.world { site, image in
            let early = try site.input("early.jsonl", Rows.updates(48))
            let input = try site.input("rows.jsonl", Rows.updates(49))
            // The daemon may stop before it answers the submission that brings it to the point. So one is
            // accepted before, and waits.
            let accepted = try await site.cut(at: .stagingCommitted, image, forgetting: "database") {
                let early = try await site.ctl("submit", "update-customers", early, "--start-after", "1h")
                _ = try await site.ctl("submit", "update-customers", input)
                return early.code == 0
            }
            #expect(accepted)
            try await site.withDaemon { _ in
                let kept = try await site.ctl("list", "workloads", "-o", "json").jsonLines()
                #expect(kept.isEmpty)
            }
        }
    }

    @Test(.enabled(if: Disk.canMountImages, "loop mounts need root and a loop device"))
    func aDaemonThatDoesNotSyncItsFilesLosesWhatItArchived() async throws {
        try await Self.world { site, image in
            let input = try site.input("rows.jsonl", Rows.updates(49))
            _ = try await site.cut(at: .settleChunkCommitted, image, forgetting: "files") {
                try await site.ctl("submit", "update-customers", input, "--key", "k").code == 0
            }
            let audit = try await site.offline(state: "\(site.disk)/state", archive: "\(site.disk)/archive")
            #expect(audit.code == 7, "\(audit.output)\(audit.errors)")
        }
    }

    private static func world(_ body: (Site, String) async throws -> Void) async throws {
        try await Site.with(
            scenario: KillPointTests.scenario, queue: KillPointTests.queue
        ) { site in
            // In memory, so that copying is quick and nothing else writes it back.
            let image = "/dev/shm/\(URL(filePath: site.folder).lastPathComponent).ext4"
            defer {
                for file in [image, image + ".cut"] { try? FileManager.default.removeItem(atPath: file) }
            }
            try Disk.makeImage(image, megabytes: 48)
            try FileManager.default.createDirectory(atPath: site.disk, withIntermediateDirectories: true)
            try Disk.mountImage(image, at: site.disk)
            defer { try? Disk.unmount(site.disk) }
            let text = try String(contentsOfFile: site.config, encoding: .utf8)
            try text.replacing("\(site.folder)/state", with: "\(site.disk)/state")
                .replacing(site.archive, with: "\(site.disk)/archive")
                .write(toFile: site.config, atomically: true, encoding: .utf8)
            try await body(site, image)
        }
    }
}

extension Site {
    /// Where the disk that forgets is mounted.
    var disk: String { "\(folder)/disk" }

    /// Runs a daemon on the disk until it stops at the point, then goes on with the disk as it stood.
    ///
    /// - Returns: what `body` returned; false when it was cut off.
    func cut(
        at point: FaultPoint, _ image: String, forgetting: String? = nil,
        _ body: @Sendable () async throws -> Bool
    ) async throws -> Bool {
        var accepted = false
        var environment: [Subprocess.Environment.Key: String?] = ["BATCHD_FAULT": "\(point.rawValue):1:stop"]
        if let forgetting { environment["BATCHD_FORGET"] = forgetting }
        try await Process.run(
            "batchd", ["run", "--config", config], environment: environment, log: daemonLog
        ) { process in
            try await awaitFact("the daemon answers") { try await ctl("status").code == 0 }
            let lock = try String(contentsOfFile: "\(disk)/state/batchd.lock", encoding: .utf8)
            let pid = String(try #require(lock.firstMatch(of: /\d+/)).0)
            async let answer = body()
            try await awaitEndOrDeath(of: pid)
            // At once, before the kernel writes anything back by itself.
            try Disk.run("/bin/cp", ["--sparse=always", image, image + ".cut"])
            try process.send(signal: .kill)
            accepted = try await answer
        }
        try Disk.unmount(disk)
        try Disk.mountImage(image + ".cut", at: disk)
        return accepted
    }
}
