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

    @Test func aMoveToAnotherMachineExecutesEveryRowOnce() async throws {
        try await Site.with(rps: 400, timeScale: 20) { site in
            let input = try site.input("rows.jsonl", Rows.updates(20_000))
            let folder = "\(site.folder)/copy"
            try await site.withDaemon { daemon in
                #expect(try await site.ctl("submit", "update-customers", input).code == 0)
                try await awaitFact("jobs run") {
                    counts(try await site.ctl("show", "w1", "-o", "json").json())["in_flight"] ?? 0 > 0
                }
                #expect(try await site.ctl("pause", "ALL").code == 0)
                try await awaitFact("no file is on its way any more") {
                    let batches = try await site.ctl("list", "batches", "-o", "json").jsonLines()
                    let moving = ["creating", "awaiting_upload", "uploading"]
                    return !batches.contains { moving.contains($0["state"] as? String ?? "") }
                }
                try await backUp(site, to: folder)
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

            try await site.withDaemon { _ in
                let status = try await site.ctl("status")
                #expect(status.output.contains("this is a backup of"), "\(status.output)")
                // What was prepared stays prepared: a pause begins no job.
                try await awaitFact("what ran is settled") {
                    let batches = try await site.ctl("list", "batches", "-o", "json").jsonLines()
                    return batches.allSatisfy {
                        ["staged", "settled", "released"].contains($0["state"] as? String)
                    }
                }
                #expect(try await site.ctl("resume", "ALL").code == 0)
                #expect(try await site.ctl("wait", "w1", "--timeout", "100s").code == 0)
                // The copy brought no input files: they were written again, and no job was spent in vain.
                let batches = try await site.ctl("list", "batches", "-o", "json").jsonLines()
                #expect(batches.allSatisfy { $0["state"] as? String == "settled" }, "\(batches)")
                let audit = try await site.ctl("audit")
                #expect(audit.code == 0, "\(audit.output)\(audit.errors)")
            }
            let executed = try await site.simulator.ledger()
            #expect(executed.count == 20_000)
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
