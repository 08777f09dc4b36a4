import Foundation
import NIOCore
import Testing

/// Results that no Stripe should send.
@Suite(.serialized) struct HostileResultsTests {
    /// The whole of the results, and one line in them, in bytes. `BATCHD_FULL_SIZE` makes it 5 GB with a line
    /// of 1 GB.
    private static let isFullSize = ProcessInfo.processInfo.environment["BATCHD_FULL_SIZE"] != nil
    private static let total = isFullSize ? 5_000_000_000 : 300_000_000
    private static let giant = isFullSize ? 1_000_000_000 : 200_000_000
    /// What the daemon may need beyond what it needed when it had nothing to do: buffers for the network, the
    /// disk and one line that is read, of at most 16 MiB, and its copy while it grows.
    private static let allowance = 100_000_000

    @Test func aGiantLineCostsItsRowItsResultAndTheDaemonNoMemory() async throws {
        // The rest of the size comes in lines that are too long as well.
        let more = (Self.total - Self.giant) / 50_000_000
        let results: [FalseStripe.Piece] =
            [.success(1), .success(2), .init("{\"id\":\"p-3\",\"status\":200,\"response\":\"")]
            + [.init(megabytes: Self.giant / 1_000_000), .init("\"}\n")]
            + (0..<more).flatMap { _ in [.init(megabytes: 50), .init("\n")] } + [.success(4)]
        let written = results.reduce(0) { $0 + $1.bytes.readableBytes * $1.times }
        try await FalseStripe.with(stated: Int64(written), results: results) { stripe in
            try await Site.with(stripe: stripe.url, queue: Queue.codes) { site in
                try await site.withDaemon { _ in
                    let before = try await site.peakMemory()
                    let input = try site.input("codes.jsonl", Rows.codes(4))
                    let ended = try await site.ctl("submit", "promotion-codes", input, "--wait")
                    #expect(ended.code == 4, "\(ended.errors)")
                    let after = try await site.peakMemory()
                    print("peak memory: \(before) bytes, then \(after), with results of \(written)")
                    #expect(after - before < Self.allowance)
                    let rows = counts(try await site.ctl("show", "w1", "-o", "json").json())
                    #expect(rows["succeeded"] == 3)
                    let held = try await site.ctl("rows", "w1", "--state", "held").jsonLines()
                    #expect(held.map { $0["row"] as? String } == ["p-3"])
                    #expect(held.map { $0["reason"] as? String } == ["unknown_outcome"])
                    // The operator is told.
                    let odd = 1 + more
                    #expect(
                        try await site.ctl("events", "w1").output.contains(
                            "result lines that could not be read or named no row: \(odd)"))
                    #expect(try await site.ctl("audit", "w1").code == 0)
                }
                #expect(try await site.testArchive() == 1)
            }
        }
    }

    @Test func aJobThatCarriesAnotherBatchIsNotTakenForANewOne() async throws {
        let results = (1...4).map(FalseStripe.Piece.success)
        try await FalseStripe.with(stated: 104, results: results) { stripe in
            try await Site.with(stripe: stripe.url, queue: Queue.codes) { site in
                try await site.withDaemon { _ in
                    let first = try site.input("first.jsonl", Rows.codes(4))
                    #expect(try await site.ctl("submit", "promotion-codes", first, "--wait").code == 0)
                    // This Stripe gives every job the same id.
                    let second = try site.input("second.jsonl", Rows.codes(3))
                    #expect(try await site.ctl("submit", "promotion-codes", second).code == 0)
                    try await awaitFact("the answer is refused") {
                        try String(contentsOfFile: site.daemonLog, encoding: .utf8).contains(
                            "the new job is that of b1")
                    }
                    #expect(try await site.ctl("audit", "w1").code == 0)
                    let rows = counts(try await site.ctl("show", "w2", "-o", "json").json())
                    #expect(rows["in_flight"] == 3)
                }
            }
        }
    }

    @Test func resultsThatGoOnBehindTheirStatedSizeAreTakenOnlyWhenTheyInsist() async throws {
        let results = (1...4).map(FalseStripe.Piece.success)
        try await FalseStripe.with(stated: 30, results: results) { stripe in
            try await Site.with(stripe: stripe.url, queue: Queue.codes) { site in
                try await site.withDaemon { _ in
                    let input = try site.input("codes.jsonl", Rows.codes(4))
                    #expect(try await site.ctl("submit", "promotion-codes", input, "--wait").code == 0)
                }
                let log = try String(contentsOfFile: site.daemonLog, encoding: .utf8)
                #expect(
                    log.split(separator: "results go on behind the 30 bytes that Stripe states").count == 4)
            }
        }
    }
}

extension Site {
    /// Runs `body` beside another Stripe than the simulator.
    static func with(stripe: String, queue: String, _ body: (Site) async throws -> Void) async throws {
        let place = "/tmp/batchd-test-\(UUID().uuidString.prefix(13))"
        try FileManager.default.createDirectory(
            atPath: place, withIntermediateDirectories: false, attributes: [.posixPermissions: 0o700])
        defer { try? FileManager.default.removeItem(atPath: place) }
        let site = Site(folder: place, simulator: Simulator(url: stripe))
        try site.configure(queue)
        try await body(site)
    }

    /// The process of the daemon.
    func pid() async throws -> Int {
        let status = try await ctl("status", "-o", "json").json()
        return (status["daemon"] as? [String: Any])?["pid"] as? Int ?? 0
    }

    /// The most memory that the daemon has had so far, in bytes.
    func peakMemory() async throws -> Int {
        let lines = try String(contentsOfFile: "/proc/\(try await pid())/status", encoding: .utf8)
        guard let peak = lines.firstMatch(of: /VmHWM:\s+([0-9]+) kB/), let size = Int(peak.1) else {
            throw Failure("no VmHWM")
        }
        return size * 1000
    }
}
