import BatchCore
import Foundation
import GRDB
import Testing

@testable import BatchStore

/// Rows are found by the hashes of their ids, and two ids may have one hash.
@Suite struct NameTests {
    /// Pairs of ids that FNV-1a cannot tell apart.
    private static let twins = [
        ["7mohtcOFVz", "c1E51sSEyx"], ["8yn0iYCKYHlIj4-BwPqk", "GReLUrM4wMqfg9yzV3KQ"],
    ]

    @Test func idsWithOneHashAreTwoRowsInOneChunkAndInTwo() throws {
        #expect(Self.twins.allSatisfy { Set($0.map { NameHash($0) }).count == 1 })
        let bench = try Bench()
        let id = try bench.load(10)
        try bench.store.appendRows(try Bench.chunk(Self.twins[0] + [Self.twins[1][0]]), to: id, first: 10)
        try bench.store.appendRows(try Bench.chunk([Self.twins[1][1], "last"]), to: id, first: 13)
        #expect(try bench.store.duplicateRows(of: id, limit: 9).total == 0)
        try bench.accept(id, rows: 15)
        for (number, name) in zip(10..., Self.twins.joined()) {
            #expect(try bench.store.number(ofRow: name, in: id) == Int64(number))
        }
        let batch = try bench.lead(try #require(try bench.claim(id)), to: "archived", bytes: 9)
        let lines = [(Self.twins[1][1], 200), (Self.twins[0][0], 404), (Self.twins[1][0], 404), ("r3", 200)]
        let tally = try bench.store.settle(
            lines.map { ResultLine(id: $0.0, status: $0.1) }, odd: 0, of: batch, from: 0, to: 9,
            now: bench.now)
        #expect((tally.rows, tally.odd) == (4, 0))
        let rows = try bench.store.rows(of: id).rows
        #expect(rows.filter { $0.state == .succeeded }.map(\.number) == [3, 13])
        #expect(rows.filter { $0.state == .failed }.map(\.number) == [10, 12])
    }

    @Test func anIdThatStandsThereTwiceIsFoundBesideItsTwin() throws {
        let bench = try Bench()
        let id = try bench.load(1)
        try bench.store.appendRows(try Bench.chunk(Self.twins[0] + Self.twins[0]), to: id, first: 1)
        let duplicates = try bench.store.duplicateRows(of: id, limit: 9)
        #expect(duplicates.first == [DuplicateRow(number: 3, first: 1), DuplicateRow(number: 4, first: 2)])
    }

    @Test func everyRowOfManyBlocksIsFoundAndNoStranger() throws {
        let bench = try Bench()
        let id = try bench.workload(9000, perChunk: 5000)
        let blocks = try bench.number("SELECT count(*) FROM name_block")
        #expect(blocks == 5)
        let names = (0..<9000).map { Bench.name($0) }
        // In the order of rows, which is none of hashes; some twice, and some that nobody has.
        let sought = names.reversed() + ["r9000", "", "R1"] + names.prefix(3000)
        let found = try bench.store.database.read { try $0.numbersOfRows(named: sought, in: id) }
        let expected =
            (0..<9000).reversed().map(Int64?.some) + [nil, nil, nil] + (0..<3000).map(Int64?.some)
        #expect(found == expected)
        let few = try bench.store.database.read { db in
            try db.numbersOfRows(
                hashed: names.map { NameHash($0).rawValue }, in: id, among: 4990...5010, trusting: true
            ) { names[$0] }
        }
        #expect(few.compactMap { $0 } == Array(4990...5010))
    }

    @Test func aThousandRowsWithOneIdFillMoreThanABlock() throws {
        let bench = try Bench()
        let id = try bench.load(1)
        let same = [String](repeating: "same", count: 5000)
        try bench.store.appendRows(try Bench.chunk(same), to: id, first: 1)
        let duplicates = try bench.store.duplicateRows(of: id, limit: 2)
        #expect(duplicates.first == [DuplicateRow(number: 2, first: 1), DuplicateRow(number: 3, first: 1)])
        #expect(duplicates.total == 4999)
    }

    @Test func anEntryThatLeadsAstrayIsNamed() throws {
        let bench = try Bench()
        let id = try bench.workload(3000)
        func strays() throws -> [Int64] {
            var (found, run): ([Int64], Int64?) = ([], -1)
            while let place = run {
                let page = try bench.store.names(of: id, after: place)
                found += page.strays
                run = page.next
            }
            return found
        }
        #expect(try strays() == [])
        // The first entry of a run becomes a copy of its second one.
        try bench.sql(
            """
            UPDATE name_block SET entries = CAST(substr(entries, 13, 12) || substr(entries, 13) AS BLOB)
            WHERE first_row = 1000
            """)
        #expect(try strays().count == 1)
    }
}
