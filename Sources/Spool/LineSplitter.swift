import Glibc

/// Cuts a stream of bytes into lines, at the memory of one line.
///
/// A line that lies within one chunk is handed out where it is, without a copy. When `body` throws, the
/// splitter has lost its place and must not be used again.
package struct LineSplitter {
    /// One line, without its newline.
    package enum Line {
        /// The bytes of the line, valid during the call only.
        case whole(UnsafeBufferPointer<UInt8>)
        /// A line over the limit, which was skipped; how many bytes it had.
        case tooLong(bytes: Int64)
    }

    /// The longest line that is handed out, in bytes.
    package let limit: Int
    private var position: Int64
    private var held: [UInt8] = []
    /// The bytes of an over-long line so far; nil while the line is still short enough.
    private var skipped: Int64?

    /// Starts at byte `offset` of the stream, which must be the start of a line.
    package init(limit: Int, offset: Int64 = 0) {
        self.limit = limit
        position = offset
    }

    /// Hands out every line that ends in `chunk`, with the offset just behind its newline.
    package mutating func feed(
        _ chunk: UnsafeRawBufferPointer, _ body: (Line, _ end: Int64) throws -> Void
    ) rethrows {
        var rest = chunk.assumingMemoryBound(to: UInt8.self)
        while let newline = firstNewline(in: rest) {
            let part = UnsafeBufferPointer(rebasing: rest[..<newline])
            rest = UnsafeBufferPointer(rebasing: rest[(newline + 1)...])
            position += Int64(newline) + 1
            if held.isEmpty, skipped == nil, part.count <= limit {
                try body(.whole(part), position)
            } else {
                hold(part)
                try release(body)
            }
        }
        position += Int64(rest.count)
        hold(rest)
    }

    /// Hands out a last line that has no newline, if there is one; true then.
    @discardableResult
    package mutating func finish(_ body: (Line, _ end: Int64) throws -> Void) rethrows -> Bool {
        guard !held.isEmpty || skipped != nil else { return false }
        try release(body)
        return true
    }

    private mutating func hold(_ part: UnsafeBufferPointer<UInt8>) {
        if let before = skipped {
            skipped = before + Int64(part.count)
        } else if held.count + part.count > limit {
            skipped = Int64(held.count) + Int64(part.count)
            held.removeAll(keepingCapacity: true)
        } else {
            held.append(contentsOf: part)
        }
    }

    private mutating func release(_ body: (Line, Int64) throws -> Void) rethrows {
        if let bytes = skipped {
            skipped = nil
            try body(.tooLong(bytes: bytes), position)
        } else {
            try held.withUnsafeBufferPointer { try body(.whole($0), position) }
            held.removeAll(keepingCapacity: true)
        }
    }
}

private func firstNewline(in bytes: UnsafeBufferPointer<UInt8>) -> Int? {
    guard let start = bytes.baseAddress, !bytes.isEmpty,
        let found = memchr(start, Int32(UInt8(ascii: "\n")), bytes.count)
    else { return nil }
    return UnsafeRawPointer(found) - UnsafeRawPointer(start)
}

/// How many newlines there are.
func countNewlines(in bytes: UnsafeRawBufferPointer) -> Int64 {
    var rest = bytes.assumingMemoryBound(to: UInt8.self)
    var count: Int64 = 0
    while let newline = firstNewline(in: rest) {
        count += 1
        rest = UnsafeBufferPointer(rebasing: rest[(newline + 1)...])
    }
    return count
}
