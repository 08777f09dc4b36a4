import Foundation
import Testing

@testable import StripeSimulator

@Suite struct DigestTableTests {
    private func table() throws -> DigestTable {
        try DigestTable(beside: FileManager.default.temporaryDirectory.path + "/table")
    }

    @Test(arguments: [1, 2, 3] as [UInt64])
    func itHoldsWhatADictionaryHolds(seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        let table = try table()
        var truth: [UInt64: UInt64] = [:]
        for step in 0..<60_000 as Range<UInt64> {
            // Every other digest is new; the others come again, near each other and far apart.
            let isNear = step % 7 == 0
            let digest = isNear ? UInt64.max - random.next() % 5000 : Chance.mix(random.next() % 40_000)
            let earlier = try table.update(digest) { ($0 ?? 0) + step }
            #expect(earlier == truth[digest])
            truth[digest, default: 0] += step
        }
        #expect(table.count == truth.count)
        for (digest, number) in truth { #expect(table.number(of: digest) == number) }
        for _ in 0..<1000 {
            let digest = random.next()
            #expect(table.number(of: digest) == truth[digest])
        }
    }

    @Test func aNumberOfZeroIsANumber() throws {
        let table = try table()
        #expect(table.number(of: 5) == nil)
        try table.update(5) { _ in 0 }
        #expect(table.number(of: 5) == 0)
        #expect(try !table.insert(5))
        #expect(try table.insert(6))
    }

    @Test func theSmallestAndTheLargestDigestHaveTheirPlace() throws {
        let table = try table()
        let digests = [0, 2, .max, .max - 1, .max - 2] as [UInt64]
        for digest in digests { #expect(try table.insert(digest)) }
        for number in 0..<20_000 as Range<UInt64> { _ = try table.insert(Chance.mix(number)) }
        for digest in digests { #expect(try !table.insert(digest)) }
    }

    @Test func nothingIsLeftInTheFolder() throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "tables-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        let table = try DigestTable(beside: folder.path + "/table")
        for number in 0..<5000 as Range<UInt64> { _ = try table.insert(Chance.mix(number)) }
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path).isEmpty)
        try FileManager.default.removeItem(at: folder)
    }
}

@Suite struct ShuffleTests {
    @Test(arguments: [1, 2, 3, 4, 5, 64, 65, 1000, 4097])
    func eachNumberHasOnePlace(count: Int) {
        let order = Shuffle(count: count, seed: 7)
        #expect((0..<count).map { order[$0] }.sorted() == Array(0..<count))
    }

    @Test func theOrderFollowsFromTheSeedAndIsNoneThatOneSees() {
        func order(_ seed: UInt64) -> [Int] { (0..<1000).map { Shuffle(count: 1000, seed: seed)[$0] } }
        #expect(order(1) == order(1))
        #expect(order(1) != order(2))
        // Each number is followed by the next one in one of a thousand places, as chance has it.
        #expect(zip(order(1), order(1).dropFirst()).count { $1 == $0 + 1 } < 10)
    }
}
