import Foundation
import NIOCore
import Testing

/// A workload may be larger than the memory there is.
@Suite(.serialized) struct MemoryTests {
    /// `BATCHD_FULL_SIZE` makes it a million rows, 4 GB on their way out and 4 GB on their way back.
    private static let isFullSize = ProcessInfo.processInfo.environment["BATCHD_FULL_SIZE"] != nil
    private static let rows = isFullSize ? 1_000_000 : 40_000
    /// All that the daemon may have: its code, its buffers, and what the kernel keeps of its files.
    private static let limit = 128_000_000
    private static let note = String(repeating: "n", count: 4000)

    @Test(.enabled(if: MemoryLimit.canSet, "a memory limit needs root and a control group"))
    func aWorkloadLargerThanItsMemoryGoesThrough() async throws {
        let note = FalseStripe.Piece(Self.note)
        let results = (1...Self.rows).reversed().flatMap { row in
            [.init("{\"id\":\"p-\(row)\",\"status\":200,\"response\":{\"note\":\""), note, .init("\"}}\n")]
        }
        let size = results.reduce(0) { $0 + $1.bytes.readableBytes }
        #expect(size > Self.limit)
        try await FalseStripe.with(stated: Int64(size), results: results) { stripe in
            try await Site.with(stripe: stripe.url, queue: Queue.codes) { site in
                let input = "\(site.folder)/codes.jsonl"
                #expect(try write(to: input) > Self.limit)
                let limit = try MemoryLimit(bytes: Self.limit)
                defer { limit.remove() }
                try await site.withDaemon { _ in
                    try limit.hold(try await site.pid())
                    let ended = try await site.ctl("submit", "promotion-codes", input, "--wait")
                    #expect(ended.code == 0, "\(ended.errors)")
                    let rows = counts(try await site.ctl("show", "w1", "-o", "json").json())
                    #expect(rows["succeeded"] == Self.rows)
                    #expect(try await site.ctl("audit", "w1").code == 0)
                }
                // Only a process that was not killed says so.
                try await site.awaitLog("stopped")
            }
        }
    }

    /// Writes the rows, one after the other; returns how many bytes they are.
    private func write(to path: String) throws -> Int {
        guard FileManager.default.createFile(atPath: path, contents: nil),
            let file = FileHandle(forWritingAtPath: path)
        else { throw Failure("cannot write \(path)") }
        var size = 0
        for row in 1...Self.rows {
            let line = Data(
                "{\"id\":\"p-\(row)\",\"params\":{\"metadata\":{\"note\":\"\(Self.note)\"}}}\n".utf8)
            try file.write(contentsOf: line)
            size += line.count
        }
        try file.close()
        return size
    }
}
