import BatchCore
import Env
import Testing

@testable import Spool

/// Lines that are dealt out come back part by part: all of them, as they were, and in order where it matters.
@Suite struct ResultDealTests {
    private static func line(_ number: Int) -> ResultLine {
        let error = RowError(
            type: "card_error", code: number % 2 == 0 ? nil : "declined", message: "№ \(number)",
            adviceCode: nil)
        return ResultLine(
            id: "row-\(number % 4000)", status: number % 7 == 0 ? 402 : 200,
            error: number % 7 == 0 ? error : nil)
    }

    /// A file of 5,000 lines, of which 1,000 have the id of an earlier one.
    private func dealt(in folder: String, parts: Int) throws -> ResultDeal {
        let deal = ResultDeal(path: folder + "/deal", parts: parts)
        #expect(deal.isEmpty)
        for start in stride(from: 0, to: 5000, by: 700) {
            var chunk = ResultChunk()
            for number in start..<min(5000, start + 700) { chunk.append(Self.line(number)) }
            try deal.append(chunk)
        }
        try deal.finish()
        return deal
    }

    @Test(arguments: [1, 2, 40], [1, 90, 100_000])
    func everyLineComesBackAsItWas(parts: Int, limit: Int) throws {
        let folder = freshFolder()
        let deal = try dealt(in: folder, parts: parts)
        var byID: [String: [Int]] = [:]
        for number in 0..<5000 { byID[Self.line(number).id, default: []].append(number) }
        var count = 0
        while let lines = try deal.next(limit) {
            #expect(lines.count <= limit && lines.count > 0)
            for index in 0..<lines.count {
                // Of two lines with one id the earlier one comes first: it is the one that counts.
                let number = byID[lines.id(index)]!.removeFirst()
                let line = Self.line(number)
                #expect(lines.hash(index) == NameHash(line.id).rawValue)
                #expect(lines.status(index) == Int32(line.status) && lines.error(index) == line.error)
            }
            count += lines.count
        }
        #expect(count == 5000)
    }

    @Test func aPartHoldsHashesThatLieSideBySide() throws {
        let folder = freshFolder()
        let deal = try dealt(in: folder, parts: 16)
        var last = Int64.min
        var pieces = 0
        while let lines = try deal.next(100_000) {
            let hashes = lines.hashes
            #expect(hashes.min()! > last)
            last = hashes.max()!
            pieces += 1
        }
        #expect(pieces == 16)
    }

    @Test func nothingIsLeftInTheFolder() throws {
        let folder = freshFolder()
        let deal = try dealt(in: folder, parts: 3)
        #expect(try FileSystem.names(in: folder).isEmpty)
        _ = try deal.next(1)
    }
}
