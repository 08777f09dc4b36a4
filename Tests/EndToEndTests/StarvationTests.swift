import Foundation
import Testing

/// However much there is to do, no part of it keeps another one from going on.
@Suite(.serialized) struct StarvationTests {
    private static let queue = """
          update-customers:
            endpoint: POST /v1/customers/:customer
            canary: null
            halt: null
            retry: {max_attempts: 4, initial_delay: 300ms, max_delay: 2s}
        """
    /// The log is copied into the database as it grows; a transaction makes it longer for a while.
    private static let mostLog = 64_000_000

    /// While rows pour in without an end and a large job is settled, another workload travels to Stripe and
    /// back, every question is answered, and the daemon ends when it is told to.
    @Test func nothingWaitsForAnIntakeWithoutAnEnd() async throws {
        try await Site.with(rps: 50_000, timeScale: 1, queue: Self.queue) { site in
            let large = try site.input("large.jsonl", Rows.updates(20_000))
            let small = try site.input("small.jsonl", Rows.otherUpdates(500))
            try await site.withDaemon { daemon in
                #expect(try await site.ctl("submit", "update-customers", large).code == 0)
                try await site.flood {
                    let before = try site.databaseSize()
                    try await awaitFact("rows pour in") { try site.databaseSize() > before + 10_000_000 }
                    let submitted = try await site.ctl("submit", "update-customers", small)
                    #expect(submitted.code == 0, "\(submitted.errors)")
                    let id = submitted.output.trimmingCharacters(in: .whitespacesAndNewlines)
                    for workload in ["w1", id] {
                        try await awaitFact("\(workload) ends") {
                            #expect(try await site.ctl("status", "--timeout", "20s").code == 0)
                            #expect(try site.size(of: "batchd.db-wal") < Self.mostLog)
                            return try await site.ctl("show", workload, "-o", "json").json()["finished_at"]
                                is String
                        }
                    }
                    let shown = try await site.ctl("show", id, "-o", "json").json()
                    #expect(counts(shown)["succeeded"] == 500)
                    // Nothing was given up because its window had closed.
                    let history = try await site.ctl("events").output
                    #expect(!history.contains("given up before anything ran"), "\(history)")
                    let poured = try site.databaseSize()
                    try await awaitFact("rows still pour in") { try site.databaseSize() > poured }
                    try daemon.stop()
                }
            }
            try await site.awaitLog("stopped")
            #expect(try site.size(of: "batchd.db-wal") == 0)
        }
    }
}

extension Site {
    /// Submits rows without an end while `body` runs, which must end the daemon.
    fileprivate func flood(_ body: () async throws -> Void) async throws {
        let row = #"{"id":"f-%d","path_params":{"customer":"cus_flood_%d"},"params":{"name":"Ada"}}\n"#
        let command = """
            awk 'BEGIN { for (i = 1; ; i++) printf "\(row.replacing("\"", with: "\\\""))", i, i }' |
              "\(Self.programs)/batchctl" submit update-customers - --name flood --socket "\(socket)"
            """
        try await Process.run("/bin/sh", ["-c", command], log: "\(folder)/flood.log") { _ in try await body()
        }
    }

    /// Bytes of a file in the state directory; 0 when there is none.
    fileprivate func size(of name: String) throws -> Int {
        let path = "\(folder)/state/\(name)"
        guard FileManager.default.fileExists(atPath: path) else { return 0 }
        return try FileManager.default.attributesOfItem(atPath: path)[.size] as? Int ?? 0
    }

    fileprivate func databaseSize() throws -> Int { try size(of: "batchd.db") + size(of: "batchd.db-wal") }
}
