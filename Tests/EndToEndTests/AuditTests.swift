import Foundation
import GRDB
import Testing

/// The audit names every kind of damage: each is planted in a copy of a finished world.
@Suite struct AuditTests {
    /// Something that somebody, or a disk, did to a copy; and what the audit must say of it.
    struct Damage: Sendable, CustomTestStringConvertible {
        var testDescription: String
        var plant: @Sendable (Copy) throws -> Void
        var said: [String]

        init(_ name: String, says said: String..., plant: @escaping @Sendable (Copy) throws -> Void) {
            testDescription = name
            self.plant = plant
            self.said = said
        }
    }

    static let damages: [Damage] = [
        Damage("a flipped byte in results", says: "results.jsonl.zst", "frame 1, which begins at byte 0") {
            try $0.flip(try $0.file("results.jsonl.zst"), at: 40)
        },
        Damage("a flipped byte in a manifest", says: "manifest.json, SHA-256") {
            // In a digit of a time: it stays a manifest.
            let path = try $0.file("manifest.json")
            let text = try String(contentsOfFile: path, encoding: .utf8)
            let place = try #require(text.firstRange(of: "archived\" : \"20")).upperBound
            try $0.flip(path, at: text.utf8.distance(from: text.startIndex, to: place))
        },
        Damage("a flipped byte in the outcome", says: "outcome.jsonl.zst", "frame 1") {
            try $0.flip(try $0.file("outcome.jsonl.zst"), at: 60)
        },
        Damage("a flipped byte in the summary", says: "summary.json, SHA-256") {
            let path = try $0.file("summary.json")
            let text = try String(contentsOfFile: path, encoding: .utf8)
            let place = try #require(text.firstRange(of: "finished_at\" : \"20")).upperBound
            try $0.flip(path, at: text.utf8.distance(from: text.startIndex, to: place))
        },
        Damage("missing results", says: "results.jsonl.zst", "found nothing") {
            try FileManager.default.removeItem(atPath: try $0.file("results.jsonl.zst"))
        },
        Damage("a missing manifest", says: "manifest.json", "found nothing") {
            try FileManager.default.removeItem(atPath: try $0.file("manifest.json"))
        },
        Damage("a missing job", says: "expected the job batchv2_", "found nothing") {
            let results = try $0.file("results.jsonl.zst")
            try FileManager.default.removeItem(at: URL(filePath: results).deletingLastPathComponent())
        },
        Damage("a missing outcome", says: "outcome.jsonl.zst", "found nothing") {
            try FileManager.default.removeItem(atPath: try $0.file("outcome.jsonl.zst"))
        },
        Damage("an extra file beside results", says: "notes.txt", "expected nothing", "move it out") {
            let folder = URL(filePath: try $0.file("manifest.json")).deletingLastPathComponent()
            try Data("x".utf8).write(to: folder.appending(path: "notes.txt"))
        },
        Damage("an extra job", says: "job=batchv2_nobody", "expected nothing") {
            let folder = URL(filePath: try $0.file("summary.json")).deletingLastPathComponent()
            try FileManager.default.createDirectory(
                at: folder.appending(path: "job=batchv2_nobody"), withIntermediateDirectories: false)
        },
        Damage("a workload of nobody", says: "workload=w77", "which they do not know") {
            try FileManager.default.createDirectory(
                atPath: "\($0.archive)/account=main/queue=update-customers/workload=w77",
                withIntermediateDirectories: false)
        },
        Damage("a counter that lies", says: "w1, rows failed", "expected 11; found 10") {
            try $0.sql("UPDATE workload SET failed = failed - 1, succeeded = succeeded + 1 WHERE id = 1")
        },
        Damage("a batch's counter that lies", says: "lines that settled a row") {
            try $0.sql("UPDATE batch SET settled_rows = settled_rows + 1 WHERE id = 1")
        },
        Damage("a row with another state", says: "row r-2", "expected succeeded, for HTTP 200; found failed")
        {
            try $0.sql(
                """
                UPDATE row_state SET state = 3, reason = 'refused' WHERE key = (1 << 32) + 1;
                UPDATE workload SET failed = failed + 1, succeeded = succeeded - 1 WHERE id = 1
                """)
        },
        Damage("a row with another status", says: "row r-2", "expected HTTP 200; found HTTP 204") {
            try $0.sql("UPDATE row_state SET status = 204 WHERE key = (1 << 32) + 1")
        },
        Damage("a row with another error", says: "row r-40", "the error") {
            try $0.sql("UPDATE row_error SET code = 'lock_timeout' WHERE key = (1 << 32) + 39")
        },
        Damage("a failure made a success", says: "row r-40", "expected not succeeded, for HTTP 404") {
            try $0.sql(
                """
                UPDATE row_state SET state = 2, reason = NULL WHERE key = (1 << 32) + 39;
                UPDATE workload SET failed = failed - 1, succeeded = succeeded + 1 WHERE id = 1
                """)
        },
        Damage("a row that claims another batch", says: "row r-2", "last sent in b2") {
            try $0.sql("UPDATE row_state SET batch = 2 WHERE key = (1 << 32) + 1")
        },
        Damage("a row without a state", says: "row r-2", "found no result") {
            try $0.sql("DELETE FROM row_state WHERE key = (1 << 32) + 1")
        },
        Damage("a row that succeeded twice", says: "expected one success; found a second one") {
            try $0.repeatSuccess()
        },
        Damage("a batch settled twice", says: "event", "b1", "what can follow settled") {
            try $0.sql(
                """
                INSERT INTO event (at, kind, workload, batch, message)
                SELECT at, kind, workload, batch, message FROM event WHERE batch = 1 AND kind = 'settled'
                """)
        },
        Damage("a history that was cut", says: "b1, by its history", "expected archived; found settled") {
            try $0.sql(
                "DROP TRIGGER event_is_not_deleted; DELETE FROM event WHERE batch = 1 AND kind = 'settled'")
        },
        Damage("an acceptance that is gone", says: "the acceptances of w1", "expected 1; found 0") {
            try $0.sql("DROP TRIGGER event_is_not_deleted; DELETE FROM event WHERE kind = 'accepted'")
        },
        Damage("another source digest", says: "w1, SHA-256", "the acceptance of w1") {
            try $0.sql("UPDATE workload SET source_sha256 = zeroblob(32) WHERE id = 1")
        },
        Damage("a changed line", says: "the submitted lines of w1, SHA-256") {
            try $0.sql(
                """
                UPDATE row_input SET line = CAST(replace(CAST(line AS TEXT), 'Ada', 'Bob') AS BLOB)
                WHERE key = (1 << 32) + 4
                """)
        },
        Damage("a line that is gone", says: "line 5 of w1", "found none") {
            try $0.sql("DELETE FROM row_input WHERE key = (1 << 32) + 4")
        },
        Damage("a name that leads elsewhere", says: "the name that leads to line", "another id") {
            try $0.sql(
                "UPDATE name_block SET entries = CAST(substr(entries, 13, 12) || substr(entries, 13) AS BLOB)"
            )
        },
        Damage("a name that is gone", says: "w1, names of rows", "expected 99; found 98") {
            try $0.sql("UPDATE name_block SET entries = substr(entries, 13)")
        },
        Damage("a page that is torn", says: "batchd.db", "expected a sound database") {
            try $0.tearIndex()
        },
    ]

    @Test func everyDamageIsNamedAndNothingIsWritten() async throws {
        try await Site.with(scenario: Self.scenario, queue: Self.queue) { site in
            let input = try site.input("rows.jsonl", Rows.updates(99))
            try await site.withDaemon { _ in
                #expect(try await site.ctl("submit", "update-customers", input, "--wait").code == 8)
                let audit = try await site.ctl("audit")
                #expect(audit.code == 0, "\(audit.output)")
                let busy = try await site.offline(state: "\(site.folder)/state", archive: site.archive)
                #expect(busy.code == 3)
                #expect(busy.errors.contains("is at work") && busy.errors.contains("batchctl audit"))
            }
            let sound = try Copy(of: site, "sound")
            let good = try await sound.audited(site)
            #expect(good.code == 0, "\(good.output)\(good.errors)")
            for damage in Self.damages {
                let copy = try Copy(of: site, "damaged")
                try damage.plant(copy)
                let before = try copy.facts()
                let answer = try await copy.audited(site)
                #expect(answer.code == 7, "\(damage.testDescription): \(answer.output)\(answer.errors)")
                for word in damage.said {
                    #expect(answer.output.contains(word), "\(damage.testDescription): \(answer.output)")
                }
                #expect(try copy.facts() == before, "\(damage.testDescription)")
                try copy.remove()
            }
        }
    }

    @Test func aCopyOfARunningDaemonsFilesIsAuditedWithItsLog() async throws {
        try await Site.with(scenario: Self.scenario, queue: Self.queue) { site in
            let input = try site.input("rows.jsonl", Rows.updates(99))
            try await site.withDaemon { daemon in
                let ended = try await site.ctl("submit", "update-customers", input, "--wait")
                #expect(ended.code == 8)
                try daemon.kill()
            }
            let copy = try Copy(of: site, "copy")
            #expect(FileManager.default.fileExists(atPath: "\(copy.state)/batchd.db-wal"))
            let before = try copy.facts()
            let answer = try await copy.audited(site)
            #expect(answer.code == 0, "\(answer.output)\(answer.errors)")
            #expect(answer.output.contains("over 99 rows"), "\(answer.output)")
            #expect(try copy.facts() == before)
            let json = try await site.offline(state: copy.state, archive: copy.archive, "-o", "json").json()
            #expect(json["ok"] as? Bool == true)
        }
    }

    @Test func aWorkloadWhoseQueueLeftTheConfigurationIsAuditedAllTheSame() async throws {
        try await Site.with { site in
            let input = try site.input("rows.jsonl", Rows.updates(20))
            try await site.withDaemon { _ in
                let ended = try await site.ctl("submit", "update-customers", input, "--wait")
                #expect(ended.code == 0)
            }
            try site.configure(Queue.codes)
            try await site.withDaemon { _ in
                let audit = try await site.ctl("audit", "w1")
                #expect(audit.code == 0, "\(audit.output)")
                #expect(audit.output.contains("update-customers is not in the configuration any more"))
                #expect(audit.output.contains("20 result lines agree"))
            }
        }
    }

    private static let queue = """
          update-customers:
            endpoint: POST /v1/customers/:customer
            canary: null
            max_rows_per_job: 60
            retry: {max_attempts: 4, initial_delay: 300ms, max_delay: 2s}
        """
    /// Rows 40 to 49 fail for good, the teens go again once.
    private static let scenario = """
        {"rows":[{"prefix":"r-4","status":404},{"prefix":"r-1","times":1,"status":429}]}
        """
}
