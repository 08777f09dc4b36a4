import NIOCore

/// Cuts chunks of a stream into lines, and keeps the unfinished rest.
struct LineSplitter {
    private var partial: [UInt8] = []

    /// Hands each line that `chunk` finishes to `body`, without its line end.
    mutating func feed(_ chunk: ByteBuffer, _ body: ([UInt8]) throws -> Void) throws {
        var rest = chunk.readableBytesView[...]
        while let end = rest.firstIndex(of: UInt8(ascii: "\n")) {
            let line = partial + rest[..<end]
            partial.removeAll(keepingCapacity: true)
            if !line.isEmpty { try body(line) }
            rest = rest[(end + 1)...]
        }
        partial += rest
    }
}
