import BatchCore
import Env
import Spool
import Testing

@Suite struct ResultRunsTests {
    /// However lines are dealt out to runs, and however few are asked for at a time: each row once, by its first line,
    /// in order.
    @Test(arguments: 0..<20) func runsMergeAsIfTheyHadBeenSortedAtOnce(seed: UInt64) throws {
        let random = Entropy.seeded(seed)
        func below(_ bound: UInt64) -> UInt64 { random.next() % bound }
        let spool = try Spool(folder: freshFolder())
        let runs = spool.resultRuns(of: BatchID(7))
        #expect(runs.isEmpty)
        var first: [UInt32: Int32] = [:]
        var status: Int32 = 0
        var lines: Int64 = 0
        for _ in 0..<1 + below(9) {
            var results = RowResults()
            for number in (0..<below(400)).map({ _ in UInt32(below(1_000)) }).sorted() {
                results.append(number, status: status, error: Self.error(status))
                if first[number] == nil { first[number] = status }
                status += 1
                lines += 1
            }
            try runs.append(results)
        }
        #expect(try FileSystem.names(in: spool.folder).isEmpty, "it has no name")
        try runs.merge()
        let expected = first.sorted { $0.key < $1.key }
        let skipped = seed % 4 == 0 ? expected.count / 2 : 0
        var row = skipped > 0 ? Int64(expected[skipped - 1].key) : -1
        var found: [(UInt32, Int32)] = []
        var odd: Int64 = 0
        repeat {
            let (results, again) = try runs.next(1 + Int(below(50)), after: row)
            odd += again
            for index in 0..<results.count {
                found.append((results.number(index), results.status(index)))
                #expect(results.error(index) == Self.error(results.status(index)))
                row = Int64(results.number(index))
            }
        } while !runs.isAtEnd
        #expect(found.map(\.0) == expected.dropFirst(skipped).map(\.key))
        #expect(found.map(\.1) == expected.dropFirst(skipped).map(\.value))
        if skipped == 0 { #expect(odd == lines - Int64(expected.count)) }
    }

    private static func error(_ status: Int32) -> RowError? {
        switch status % 5 {
        case 0: RowError()
        case 1:
            RowError(
                type: "card_error", code: nil, message: String(repeating: "ä", count: Int(status)),
                adviceCode: "try_again_later")
        default: nil
        }
    }
}
