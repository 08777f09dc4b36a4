/// Cuts a stream of bytes into the records of a CSV file (RFC 4180), at the memory of one record.
///
/// Our own, because the libraries there are read whole files, and a file may have gigabytes. Strict: what a
/// spreadsheet would guess at is a defect with its line.
package struct CSVParser: Sendable {
    /// One record: its fields without quotes, in one buffer.
    package struct Record: Sendable {
        /// The line on which it begins, from 1.
        package fileprivate(set) var line: Int64 = 1
        fileprivate var text: [UInt8] = []
        fileprivate var ends: [Int] = []

        /// How many fields it has.
        package var count: Int { ends.count }

        /// The bytes of a field.
        package subscript(index: Int) -> ArraySlice<UInt8> {
            text[(index > 0 ? ends[index - 1] : 0)..<ends[index]]
        }
    }

    /// What comes out.
    package enum Item {
        case record(Record)
        /// A record that cannot be read: the line, the field, from 1, and why.
        case defect(line: Int64, field: Int, reason: String)
    }

    private enum State {
        /// At the beginning of a field.
        case start
        case plain
        case quoted
        /// Behind a quote in a quoted field: it ends it, or is the first of two.
        case quote
        /// Behind a carriage return that may end the record.
        case carriage
        /// In what cannot be read; it ends with its line.
        case broken
    }

    /// The longest record that is handed out, in bytes.
    package let limit: Int
    private var state = State.start
    private var record = Record()
    /// What is wrong with the record that is being read.
    private var defect: (line: Int64, field: Int, reason: String)?
    private var line: Int64 = 1
    private var isQuoted = false
    /// Bytes of a byte order mark that may be one.
    private var mark = 0
    private var isAtStart = true
    /// Where the quoted field began that is being read.
    private var openedAt: Int64 = 1

    private static let byteOrderMark: [UInt8] = [0xEF, 0xBB, 0xBF]

    /// Reads records of at most `limit` bytes.
    package init(limit: Int) {
        self.limit = limit
    }

    /// Hands out every record that ends in `chunk`.
    package mutating func feed(_ chunk: UnsafeRawBufferPointer, _ body: (Item) -> Void) {
        var at = 0
        while isAtStart, at < chunk.count { at += skipMark(chunk[at]) }
        while at < chunk.count {
            let end = endOfText(in: chunk, from: at)
            if end > at, state != .broken { keep(UnsafeRawBufferPointer(rebasing: chunk[at..<end])) }
            at = end
            if at < chunk.count {
                take(chunk[at], body)
                at += 1
            }
        }
    }

    /// Where the text ends that begins at `at`, and a byte comes that may mean something: nearly every byte is text.
    private func endOfText(in chunk: UnsafeRawBufferPointer, from at: Int) -> Int {
        var end = at
        switch state {
        case .start, .quote, .carriage: break
        case .plain, .broken:
            while end < chunk.count, chunk[end] != 0x2C, chunk[end] != 0x22, chunk[end] != 0x0A,
                chunk[end] != 0x0D
            {
                end += 1
            }
        case .quoted:
            while end < chunk.count, chunk[end] != 0x22, chunk[end] != 0x0A { end += 1 }
        }
        return end
    }

    /// Hands out a last record that has no line end.
    package mutating func finish(_ body: (Item) -> Void) {
        // A mark that was none after all.
        if isAtStart, mark > 0 {
            keep(Self.byteOrderMark[..<mark])
            state = .plain
        }
        switch state {
        case .quoted:
            fail("a quote is opened on line \(openedAt) and never closed")
            end(body)
        case .start where record.count == 0 && record.text.isEmpty: break
        case .start, .plain, .quote, .carriage, .broken: end(body)
        }
    }

    /// Skips the byte order mark at the very start; how many bytes were taken.
    private mutating func skipMark(_ byte: UInt8) -> Int {
        if mark < 3, byte == Self.byteOrderMark[mark] {
            mark += 1
            if mark == 3 { isAtStart = false }
            return 1
        }
        isAtStart = false
        if mark > 0 {
            keep(Self.byteOrderMark[..<mark])
            state = .plain
        }
        return 0
    }

    private mutating func take(_ byte: UInt8, _ body: (Item) -> Void) {
        switch (state, byte) {
        case (.carriage, 0x0A), (.start, 0x0A), (.plain, 0x0A), (.quote, 0x0A), (.broken, 0x0A):
            line += 1
            end(body)
        case (.carriage, _):
            fail("a carriage return outside of quotes must be followed by a line feed")
            state = .broken
            take(byte, body)
        case (.broken, _): break
        case (.quoted, 0x22): state = .quote
        case (.quoted, _):
            if byte == 0x0A { line += 1 }
            keep(CollectionOfOne(byte))
        case (.quote, 0x22):
            keep(CollectionOfOne(byte))
            state = .quoted
        case (.start, 0x2C), (.plain, 0x2C), (.quote, 0x2C):
            record.ends.append(record.text.count)
            state = .start
        case (.start, 0x0D), (.plain, 0x0D), (.quote, 0x0D): state = .carriage
        case (.start, 0x22):
            isQuoted = true
            openedAt = line
            state = .quoted
        case (.quote, _):
            fail("text follows a closing quote; a quote inside quotes is written twice")
            state = .broken
        case (_, 0x22):
            fail("a quote stands inside of a field that does not begin with one")
            state = .broken
        default:
            keep(CollectionOfOne(byte))
            state = .plain
        }
    }

    private mutating func keep(_ bytes: some Collection<UInt8>) {
        if defect != nil { return }
        if record.text.count + bytes.count > limit {
            // Where its quotes end must still be found.
            fail("the record has more than \(limit) bytes")
        } else {
            record.text.append(contentsOf: bytes)
        }
    }

    private mutating func fail(_ reason: String) {
        if defect == nil { defect = (record.line, record.count + 1, reason) }
    }

    private mutating func end(_ body: (Item) -> Void) {
        record.ends.append(record.text.count)
        if let defect {
            body(.defect(line: defect.line, field: defect.field, reason: defect.reason))
        } else if record.count > 1 || !record.text.isEmpty || isQuoted {
            // A line with nothing on it is no record.
            body(.record(record))
        }
        record.line = line
        record.text.removeAll(keepingCapacity: true)
        record.ends.removeAll(keepingCapacity: true)
        defect = nil
        isQuoted = false
        state = .start
    }
}
