import Foundation
import Testing

@Suite(.serialized) struct OperatorTests {
    @Test(
        arguments: [
            (
                "not UTF-8",
                [UInt8](#"{"id":"a","path_params":{"customer":"c"},"params":{"name":""#.utf8) + [0xFF]
                    + [UInt8](#""}}"#.utf8) + [10], ":1:60:"
            ),
            ("not JSON", [UInt8]("name,email\n".utf8), ":1:1:"),
            (
                "a byte order mark",
                [0xEF, 0xBB, 0xBF] + [UInt8](#"{"id":"a","path_params":{"customer":"c"}}"#.utf8) + [10],
                "byte order mark"
            ),
            ("CR LF", [UInt8]("{\"id\":\"a\",\"path_params\":{\"customer\":\"c\"}}\r\n".utf8), "CR LF"),
            ("a line of 20 MB", [UInt8](repeating: 120, count: 20_000_000) + [10], "20000000 bytes"),
            (
                "an id twice",
                [UInt8](
                    "{\"id\":\"a\",\"path_params\":{\"customer\":\"c\"}}\n{\"id\":\"a\",\"path_params\":{\"customer\":\"d\"}}\n"
                        .utf8), ":2:1:"
            ),
            (
                "a space in an id", [UInt8]("{\"id\":\"a b\",\"path_params\":{\"customer\":\"c\"}}\n".utf8),
                ":1:9:"
            ),
            ("a missing path parameter", [UInt8]("{\"id\":\"a\"}\n".utf8), "path_params"),
            (
                "an extra path parameter",
                [UInt8]("{\"id\":\"a\",\"path_params\":{\"customer\":\"c\",\"x\":\"y\"}}\n".utf8),
                "a key too many"
            ),
            ("an empty file", [], "no row"),
            (
                "half a line",
                [UInt8]("{\"id\":\"a\",\"path_params\":{\"customer\":\"c\"}}\n{\"id\":\"b\",\"path_par".utf8),
                ":2:"
            ),
        ] as [(String, [UInt8], String)])
    func badInputIsRefusedWithItsPlace(what: String, bytes: [UInt8], expected: String) async throws {
        try await Site.with { site in
            try Data(bytes).write(to: URL(filePath: "\(site.folder)/bad.jsonl"))
            try await site.withDaemon { _ in
                let answer = try await site.ctl("submit", "update-customers", "\(site.folder)/bad.jsonl")
                #expect(answer.code != 0, "\(what)")
                #expect(answer.errors.contains(expected), "\(what): \(answer.errors)")
                #expect(try await site.ctl("list", "workloads", "-o", "json").jsonLines().isEmpty)
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
}
