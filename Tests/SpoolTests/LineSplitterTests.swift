import Env
import Spool
import Testing

@Suite struct LineSplitterTests {
    private enum Seen: Equatable {
        case line(String, Int64)
        case tooLong(Int64, Int64)
    }

    private func split(_ text: String, limit: Int, chunks: [Int], offset: Int64 = 0) -> [Seen] {
        var splitter = LineSplitter(limit: limit, offset: offset)
        var seen: [Seen] = []
        func note(_ line: LineSplitter.Line, _ end: Int64) {
            switch line {
            case .whole(let bytes): seen.append(.line(String(decoding: bytes, as: UTF8.self), end))
            case .tooLong(let bytes): seen.append(.tooLong(bytes, end))
            }
        }
        var rest = Array(text.utf8)[...]
        for size in chunks {
            rest.prefix(size).withUnsafeBytes { splitter.feed($0, note) }
            rest = rest.dropFirst(size)
        }
        rest.withUnsafeBytes { splitter.feed($0, note) }
        splitter.finish(note)
        return seen
    }

    @Test func linesComeWithTheirEnds() {
        #expect(
            split("a\n\nbcd\ne", limit: 10, chunks: [], offset: 100)
                == [.line("a", 102), .line("", 103), .line("bcd", 107), .line("e", 108)])
        #expect(split("", limit: 10, chunks: []) == [])
        #expect(split("\n", limit: 0, chunks: []) == [.line("", 1)])
    }

    @Test func theLimitIsTheLineWithoutItsNewline() {
        #expect(
            split("abc\nabcd\nx\n", limit: 3, chunks: []) == [
                .line("abc", 4), .tooLong(4, 9), .line("x", 11),
            ])
        #expect(split("abcdefgh", limit: 3, chunks: [2, 2]) == [.tooLong(8, 8)])
    }

    @Test(arguments: 1...50)
    func chunksMakeNoDifference(seed: UInt64) {
        var random = Entropy.seeded(seed)
        let text = String(
            (0..<Int.random(in: 0...300, using: &random)).map { _ in "ab\n".randomElement(using: &random)! })
        let limit = Int.random(in: 0...6, using: &random)
        let chunks = (0..<60).map { _ in Int.random(in: 0...9, using: &random) }
        #expect(split(text, limit: limit, chunks: chunks) == split(text, limit: limit, chunks: []))
    }
}
