import FoundationEssentials
import Testing

@testable import BatchCommands

struct SubmitTests {
    private static let accepted = #"{"workload":\#(Documents.workload()),"existing":false}"#

    /// Runs `body` with a daemon that answers a submission with `answer`, and a file of `rows`.
    private func submitting(
        _ answer: FakeDaemon.Answer, rows: String = "{\"id\":\"r-1\"}\n",
        _ body: @escaping @Sendable (FakeDaemon, _ file: String) async throws -> Void
    ) async throws {
        try await withTemporaryFolder { folder in
            let file = folder + "/customers.jsonl"
            try Data(rows.utf8).write(to: URL(filePath: file))
            try await FakeDaemon.serving([
                "POST /v1/workloads": [answer],
                "GET /v1/workloads/w12": [
                    .init(body: Documents.workload(state: "finished", finishedAt: "2026-11-22T07:00:00Z"))
                ],
            ]) { try await body($0, file) }
        }
    }

    @Test func anAcceptedFilePrintsOnlyItsIdAsData() async throws {
        try await submitting(.init(body: Self.accepted)) { daemon, file in
            let bench = Bench()
            #expect(
                await bench.run("submit", "update-customers", file, "--key", "k/1", socket: daemon.socket)
                    == .ok)
            #expect(bench.out == "w12\n")
            #expect(bench.err.hasPrefix("4,120,000 rows accepted as w12 in queue update-customers."))
            #expect(
                daemon.calls == [
                    .init(
                        line:
                            "POST /v1/workloads?queue=update-customers&name=customers.jsonl&key=k%2F1&format=jsonl",
                        body: "{\"id\":\"r-1\"}\n")
                ])
        }
    }

    @Test func aLargeFileArrivesWhole() async throws {
        let rows = String(repeating: "{\"id\":\"0123456789\"}\n", count: 100_000)
        try await submitting(.init(body: Self.accepted), rows: rows) { daemon, file in
            let bench = Bench()
            #expect(await bench.run("submit", "q", file, "-o", "json", socket: daemon.socket) == .ok)
            #expect(daemon.calls.first?.body == rows)
            #expect(bench.out.hasPrefix("{\"existing\":false,\"skipped\":null,\"workload\":{"))
        }
    }

    @Test func whatRowsPrintedIsSubmittedAsItWasBefore() async throws {
        // Over several chunks, without a last line end, and with a message that looks like an input.
        let input = #"{"id":"r-1","params":{"a" : 1.10,"input":{"b":"}"}}}"#
        let message = #"{"type":"t","code":null,"message":"no \",\"input\":{ here"}"#
        let printed =
            #"{"row":"r-1","state":"failed","error":\#(message),"reason":"refused","input":\#(input)}"#
        let lines = Array(repeating: printed, count: 3000).joined(separator: "\n")
        try await submitting(.init(body: Self.accepted), rows: lines) { daemon, file in
            #expect(await Bench().run("submit", "q", file, socket: daemon.socket) == .ok)
            #expect(daemon.calls.first?.body == String(repeating: input + "\n", count: 3000))
        }
    }

    @Test func theSameKeyNamesTheFirstWorkload() async throws {
        let existing = #"{"workload":\#(Documents.workload()),"existing":true}"#
        try await submitting(.init(body: existing)) { daemon, file in
            let bench = Bench()
            #expect(await bench.run("submit", "q", file, "--key", "k", socket: daemon.socket) == .ok)
            #expect(bench.out == "w12\n" && bench.err.contains("came before with this key: it is w12"))
        }
    }

    @Test func badRowsAreListedByPlaceAndNothingIsQueued() async throws {
        try await submitting(.init(status: 422, body: Documents.badRows)) { daemon, file in
            let bench = Bench()
            #expect(await bench.run("submit", "q", file, socket: daemon.socket) == .refused)
            #expect(bench.out.isEmpty)
            #expect(
                bench.err == """
                    \(file):2:1: not JSON
                    \(file):5:7: id is missing
                    … and 1 more bad line.
                    Error: 3 of 10 lines are not valid rows.
                    Nothing was queued. Mend the lines and submit the file again.

                    """)
        }
    }

    @Test func aDuplicateIsRefusedWithTheWayOut() async throws {
        try await submitting(.init(status: 409, body: Documents.duplicate)) { daemon, file in
            let bench = Bench()
            #expect(await bench.run("submit", "q", file, socket: daemon.socket) == .refused)
            #expect(bench.err == "Error: w3 has the same content.\nSubmit it again with --allow-duplicate.\n")
        }
    }

    @Test func waitingEndsAsTheWorkloadDoes() async throws {
        try await submitting(.init(body: Self.accepted)) { daemon, file in
            let bench = Bench()
            #expect(await bench.run("submit", "q", file, "--wait", socket: daemon.socket) == .failedRows)
            #expect(bench.out == "w12\n")
        }
    }

    @Test func aFileThatCannotBeReadIsAUsageError() async throws {
        try await submitting(.init(body: Self.accepted)) { daemon, file in
            let (absent, folder) = (Bench(), Bench())
            #expect(await absent.run("submit", "q", file + ".x", socket: daemon.socket) == .usage)
            #expect(await folder.run("submit", "q", "/tmp", socket: daemon.socket) == .usage)
            #expect(daemon.calls.isEmpty)
        }
    }
}
