import Foundation
import GRDB
import Testing

/// What is secret is written nowhere but where it must be.
@Suite struct SecretsTests {
    private static let key = "sk_test_MARKEDKEY51Qz"
    private static let row = "MARKEDROWcontent"

    @Test func noKeyRowContentWebhookSecretOrPresignedURLIsWritten() async throws {
        let faults =
            #"{"wire":[{"on":"any","action":"status","status":500,"probability":0.1},"#
            + #"{"on":"any","action":"lose_after","probability":0.1}]}"#
        try await Site.with(rps: 2000, scenario: faults) { site in
            try Self.key.write(toFile: "\(site.folder)/key", atomically: false, encoding: .utf8)
            let rows = Rows.updates(300).map { $0.replacing("Ada", with: Self.row) }
            let input = try site.input("rows.jsonl", rows)
            try site.append("metrics: {listen: \"127.0.0.1:0\"}")
            var shown: [String: String] = [:]
            var secret = ""
            try await site.withWebhooks(poll: "{min: 200ms, max: 1s}", logLevel: "debug") { daemon in
                secret = daemon.secret
                #expect(try await site.ctl("submit", "update-customers", input).code == 0)
                // A client that says what it must not, and a delivery with a secret in the wrong place.
                _ = try await site.curl("/v1/\(Self.key)")
                _ = try await site.judge(
                    "curl",
                    ["-sS", "-H", "Stripe-Signature: t=1,v1=\(daemon.secret)", "-d", Self.key, daemon.url])
                let ended = try await site.ctl("wait", "w1", "--timeout", "110s")
                #expect(ended.code == 0, "\(ended.errors)")
                for path in [
                    "/metrics", "/v1/status", "/v1/workloads", "/v1/batches", "/v1/jobs", "/v1/deadlines",
                    "/v1/queues", "/v1/events", "/v1/workloads/w1", "/v1/workloads/w1/explain",
                    "/v1/batches/b1",
                    "/v1/batches/b1/explain", "/v1/audit",
                ] {
                    shown[path] = try await site.curl(path)
                }
                for command in [
                    ["status"], ["show", "w1"], ["explain", "b1"], ["list", "jobs"], ["audit"],
                ] {
                    let answer = try await site.ctl(command)
                    shown[command.joined(separator: " ")] = answer.output + answer.errors
                }
            }
            shown["the log"] = try String(contentsOfFile: site.daemonLog, encoding: .utf8)
            for file in FileManager.default.subpaths(atPath: site.archive) ?? [] where file.hasSuffix(".json")
            {
                shown[file] = try String(contentsOfFile: "\(site.archive)/\(file)", encoding: .utf8)
            }
            #expect(shown.keys.contains { $0.hasSuffix("manifest.json") })
            try site.database { table, text in shown["table \(table)", default: ""] += text }
            #expect(shown.keys.contains("table batch"))
            for (place, text) in shown {
                for mark in [Self.key, secret, "/files/upload/", "/files/download/"] {
                    #expect(!text.contains(mark), "\(place) has \(mark)")
                }
                // The rows themselves are stored once, to be sent.
                if place != "table row_input", place != "table row" {
                    #expect(!text.contains(Self.row), "\(place) has a row's content")
                }
            }
            #expect(try #require(shown["table row_input"]).contains(Self.row))
        }
    }
}

extension Site {
    /// Reads every value of every table, as text, of a daemon that has stopped.
    fileprivate func database(_ body: (_ table: String, _ text: String) -> Void) throws {
        let database = try DatabaseQueue(path: "\(folder)/state/batchd.db")
        try database.read { db in
            let tables = try String.fetchAll(
                db, sql: "SELECT name FROM sqlite_master WHERE type IN ('table', 'view')")
            for table in tables {
                for row in try Row.fetchAll(db, sql: "SELECT * FROM \"\(table)\"") {
                    for (_, value) in row {
                        switch value.storage {
                        case .string(let text): body(table, text + "\n")
                        case .blob(let data): body(table, String(decoding: data, as: UTF8.self) + "\n")
                        case .int64, .double, .null: break
                        }
                    }
                }
            }
        }
    }
}
