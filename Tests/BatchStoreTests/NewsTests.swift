import BatchCore
import Testing

@testable import BatchStore

@Suite struct NewsTests {
    @Test func theBellRingsForWhatWasCommittedToTheHistoryAndForNothingElse() async throws {
        let bench = try Bench()
        let news = bench.store.news()
        var rings = news.rings.makeAsyncIterator()
        #expect(await rings.next() != nil, "once at once")
        struct Undone: Error {}
        #expect(throws: Undone.self) {
            try bench.store.write { db in
                try db.note("undone", at: bench.now)
                throw Undone()
            }
        }
        // Nothing of this is history, and counting reads is a write.
        _ = try bench.store.countRead(of: "main", in: "2026-11")
        _ = try bench.store.events()
        news.end()
        #expect(await rings.next() == nil, "no ring was left over")

        let others = [bench.store.news(), bench.store.news()]
        var heard = others.map { $0.rings.makeAsyncIterator() }
        for index in heard.indices { #expect(await heard[index].next() != nil) }
        for _ in 1...2 { try bench.store.write { try $0.note("done", at: bench.now) } }
        for index in heard.indices {
            others[index].end()
            #expect(await heard[index].next() != nil)
            #expect(await heard[index].next() == nil, "two rings that nobody heard are one")
        }
    }
}
