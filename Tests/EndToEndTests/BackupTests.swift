import Env
import Foundation
import Testing

/// A copy of the database that was made while the daemon worked, and a daemon that starts on it elsewhere.
@Suite(.serialized) struct BackupTests {
    private func backUp(_ site: Site, to folder: String) async throws {
        let made = try await site.ctl("backup", folder)
        #expect(made.code == 0, "\(made.errors)")
        #expect(made.errors.contains("Copy the archive into"))
        // After the database, never before: what that one speaks of is in it.
        try FileManager.default.copyItem(atPath: site.archive, toPath: "\(folder)/archive")
    }

    /// Two jobs run, for longer than it takes to copy them; the file of a third batch waits for a place.
    private static let queue = """
          update-customers:
            endpoint: POST /v1/customers/:customer
            canary: null
            halt: null
            max_rows_per_job: 2000
            max_concurrent_jobs: 2
        """

    private func states(_ site: Site) async throws -> [String] {
        try await site.ctl("list", "batches", "-o", "json").jsonLines()
            .compactMap { $0["state"] as? String }.sorted()
    }

    @Test func aMoveToAnotherMachineExecutesEveryRowOnce() async throws {
        try await Site.with(rps: 40, timeScale: 1, queue: Self.queue) { site in
            let input = try site.input("rows.jsonl", Rows.updates(8000))
            let folder = "\(site.folder)/copy"
            try await site.withDaemon { daemon in
                #expect(try await site.ctl("submit", "update-customers", input).code == 0)
                try await awaitFact("two jobs run, and the next file waits") {
                    try await states(site) == ["processing", "processing", "staged"]
                }
                #expect(try await site.ctl("pause", "ALL").code == 0)
                try await backUp(site, to: folder)
                #expect(try await states(site) == ["processing", "processing", "staged"])
                let audit = try await site.offline(state: folder, archive: "\(folder)/archive")
                #expect(audit.code == 0, "\(audit.output)\(audit.errors)")
                // This machine is gone.
                try daemon.kill()
            }
            try FileManager.default.removeItem(atPath: "\(site.folder)/state")
            try FileManager.default.removeItem(atPath: site.archive)
            try FileManager.default.createDirectory(
                atPath: "\(site.folder)/state", withIntermediateDirectories: false)
            try FileManager.default.moveItem(
                atPath: "\(folder)/batchd.db", toPath: "\(site.folder)/state/batchd.db")
            try FileManager.default.moveItem(atPath: "\(folder)/archive", toPath: site.archive)
            try await site.simulator.speedUp()

            try await site.withDaemon { _ in
                let status = try await site.ctl("status")
                #expect(status.output.contains("this is a backup of"), "\(status.output)")
                // What was prepared stays prepared: a pause begins no job.
                try await awaitFact("what ran is settled") {
                    try await states(site) == ["settled", "settled", "staged"]
                }
                #expect(try await site.ctl("resume", "ALL").code == 0)
                #expect(try await site.ctl("wait", "w1", "--timeout", "100s").code == 0)
                // The copy brought no input files: they were written again, and no job was spent in vain.
                #expect(try await states(site) == Array(repeating: "settled", count: 4))
                let audit = try await site.ctl("audit")
                #expect(audit.code == 0, "\(audit.output)\(audit.errors)")
            }
            let executed = try await site.simulator.ledger()
            #expect(executed.count == 8000)
            #expect(executed.allSatisfy { $0["executions"] as? Int == 1 })
        }
    }

    @Test(arguments: [
        FaultPoint.stagedCommitted, .creatingCommitted, .awaitingUploadCommitted, .uploadingCommitted,
    ])
    func aFileThatIsGoneIsWrittenAgainAndSpendsNoJob(point: FaultPoint) async throws {
        try await Site.with(timeScale: 1) { site in
            let input = try site.input("rows.jsonl", Rows.updates(20))
            try await site.withDaemon(dyingAt: point.rawValue) {
                let pid = try site.daemonPID
                // What comes after the acceptance may cut its answer off.
                _ = try await site.ctl("submit", "update-customers", input)
                try await site.awaitEndOrDeath(of: pid)
            }
            try FileManager.default.removeItem(atPath: "\(site.folder)/state/spool")
            try await site.withDaemon { _ in
                let ended = try await site.ctl("wait", "w1", "--timeout", "100s")
                #expect(ended.code == 0, "\(ended.errors)")
                #expect(try await states(site) == ["settled"])
                #expect(try await site.ctl("audit").code == 0)
            }
            #expect(try await site.simulator.jobs().count == 1)
            let executed = try await site.simulator.ledger()
            #expect(executed.count == 20)
            #expect(executed.allSatisfy { $0["executions"] as? Int == 1 })
        }
    }

    @Test func aBackupIsWholeOrNotThereAndNeverTakesTheFirstOnesPlace() async throws {
        try await Site.with { site in
            try await site.withDaemon { _ in
                let input = try site.input("rows.jsonl", Rows.updates(2_000))
                #expect(try await site.ctl("submit", "update-customers", input, "--wait").code == 0)
                let folder = "\(site.folder)/copy"
                try await backUp(site, to: folder)
                let mode = try FileManager.default.attributesOfItem(atPath: "\(folder)/batchd.db")
                #expect(mode[.posixPermissions] as? Int == 0o600)
                let again = try await site.ctl("backup", folder)
                #expect(again.code == 3)
                #expect(again.errors.contains("There is a backup already"), "\(again.errors)")
                #expect(try await site.ctl("backup", "/proc/nowhere").code == 1)
                let kept = try FileManager.default.contentsOfDirectory(atPath: folder).sorted()
                #expect(kept == ["archive", "batchd.db"])
                let state = try FileManager.default.contentsOfDirectory(atPath: "\(site.folder)/state")
                #expect(!state.contains { $0.hasPrefix("backup") }, "\(state)")
            }
        }
    }
}
