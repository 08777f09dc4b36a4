/// What is wrong with a line, and where.
package struct LineDefect: Error, Hashable, Sendable {
    /// The byte at which it was noticed, counted from 1.
    package let column: Int
    /// What is wrong, for people. Never quotes the line: rows are secret.
    package let reason: String

    /// A defect at a byte counted from 1.
    package init(column: Int, reason: String) {
        self.column = column
        self.reason = reason
    }
}

/// Walks over one JSON text in memory, strictly (RFC 8259), without building anything.
///
/// A general decoder is 20 to 100 times too slow for the data path, and would
/// change what it carries: numbers and key order must survive byte for byte.
struct JSONScanner {
    /// Deeper nesting is refused, so that a hostile line cannot exhaust the stack.
    static let maximumDepth = 64

    /// A string as it stands in the text, without its quotes.
    struct Text {
        var range: Range<Int>
        var hasEscapes: Bool
    }

    let bytes: UnsafeBufferPointer<UInt8>
    /// Refuse what some reader may refuse or read otherwise: numbers too large for a double, keys that repeat.
    let isStrict: Bool
    var at = 0

    init(_ bytes: UnsafeBufferPointer<UInt8>, isStrict: Bool = false) {
        self.bytes = bytes
        self.isStrict = isStrict
    }

    /// The byte at the cursor, or 0 at the end: 0 is never valid where the cursor looks.
    @inline(__always) var here: UInt8 { at < bytes.count ? bytes[at] : 0 }

    func defect(_ reason: String) -> LineDefect {
        at >= bytes.count
            ? LineDefect(column: bytes.count + 1, reason: "the line ends in the middle of its JSON")
            : LineDefect(column: at + 1, reason: reason)
    }

    @inline(__always) mutating func skipSpace() {
        while at < bytes.count, bytes[at] == 0x20 || bytes[at] == 0x09 || bytes[at] == 0x0D { at += 1 }
    }

    @inline(__always) mutating func expect(_ byte: UInt8, _ reason: String) throws(LineDefect) {
        guard at < bytes.count, bytes[at] == byte else { throw defect(reason) }
        at += 1
    }

    /// Walks over an object; `member` gets each key and must walk over the value.
    mutating func object(
        _ member: (inout JSONScanner, Text) throws(LineDefect) -> Void
    ) throws(LineDefect) {
        try expect(UInt8(ascii: "{"), "expected an object")
        skipSpace()
        if here == UInt8(ascii: "}") {
            at += 1
            return
        }
        while true {
            skipSpace()
            let key = try string()
            skipSpace()
            try expect(UInt8(ascii: ":"), "expected ':' after the key")
            skipSpace()
            try member(&self, key)
            skipSpace()
            if here == UInt8(ascii: ",") {
                at += 1
            } else {
                try expect(UInt8(ascii: "}"), "expected ',' or '}'")
                return
            }
        }
    }

    /// Walks over any value, checking that it is one.
    mutating func value(depth: Int = 0) throws(LineDefect) {
        guard depth < Self.maximumDepth else {
            throw defect("nested deeper than \(Self.maximumDepth) levels")
        }
        switch here {
        case UInt8(ascii: "\""):
            _ = try string()
        case UInt8(ascii: "{"):
            var keys = KeySet(objectAt: at)
            try object { (scanner, key) throws(LineDefect) in
                if scanner.isStrict { try keys.insert(key, in: scanner) }
                try scanner.value(depth: depth + 1)
            }
        case UInt8(ascii: "["):
            try array(depth: depth)
        case UInt8(ascii: "t"): try word("true")
        case UInt8(ascii: "f"): try word("false")
        case UInt8(ascii: "n"): try word("null")
        default: try number()
        }
    }

    private mutating func array(depth: Int) throws(LineDefect) {
        at += 1
        skipSpace()
        if here == UInt8(ascii: "]") {
            at += 1
            return
        }
        while true {
            skipSpace()
            try value(depth: depth + 1)
            skipSpace()
            if here == UInt8(ascii: ",") {
                at += 1
            } else {
                try expect(UInt8(ascii: "]"), "expected ',' or ']'")
                return
            }
        }
    }

    /// Walks over `null`, if that is what comes; says whether it was.
    mutating func null() throws(LineDefect) -> Bool {
        guard here == UInt8(ascii: "n") else { return false }
        try word("null")
        return true
    }

    private mutating func word(_ word: StaticString) throws(LineDefect) {
        let count = word.utf8CodeUnitCount
        for i in 0..<count {
            guard here == word.utf8Start[i] else { throw defect("expected a JSON value") }
            at += 1
        }
    }

    /// Walks over a string and says where its inside lies.
    mutating func string() throws(LineDefect) -> Text {
        try expect(UInt8(ascii: "\""), "expected a string in double quotes")
        let start = at
        var hasEscapes = false
        while true {
            skipPlainText()
            guard at < bytes.count else { break }
            let byte = bytes[at]
            if byte == UInt8(ascii: "\"") {
                at += 1
                return Text(range: start..<at - 1, hasEscapes: hasEscapes)
            } else if byte == UInt8(ascii: "\\") {
                hasEscapes = true
                try escape()
            } else if byte < 0x20 {
                throw defect("a control character inside a string must be escaped")
            } else if byte < 0x80 {
                at += 1
            } else {
                try multibyte()
            }
        }
        throw defect("the string is not closed")
    }

    /// Walks over plain ASCII inside a string, eight bytes a step: most of every line is that.
    @inline(__always) private mutating func skipPlainText() {
        let ones: UInt64 = 0x0101_0101_0101_0101
        while at + 8 <= bytes.count {
            let word = UInt64(
                littleEndian: UnsafeRawBufferPointer(bytes).loadUnaligned(fromByteOffset: at, as: UInt64.self)
            )
            let quotes = word ^ ones &* UInt64(UInt8(ascii: "\""))
            let slashes = word ^ ones &* UInt64(UInt8(ascii: "\\"))
            // The top bit of a byte is set where it needs a closer look; above the lowest such byte there may be
            // more than there should, so only the lowest counts.
            let odd =
                (quotes &- ones) & ~quotes | (slashes &- ones) & ~slashes | (word &- ones &* 0x20) & ~word
                | word
            let marks = odd & (ones &* 0x80)
            guard marks == 0 else {
                at += marks.trailingZeroBitCount / 8
                return
            }
            at += 8
        }
    }

    private mutating func escape() throws(LineDefect) {
        at += 1
        switch here {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"), UInt8(ascii: "b"),
            UInt8(ascii: "f"), UInt8(ascii: "n"), UInt8(ascii: "r"), UInt8(ascii: "t"):
            at += 1
        case UInt8(ascii: "u"):
            let unit = try hexadecimal()
            if (0xDC00...0xDFFF).contains(unit) { throw defect("half of a surrogate pair stands alone") }
            if (0xD800...0xDBFF).contains(unit) {
                guard here == UInt8(ascii: "\\"), at + 1 < bytes.count, bytes[at + 1] == UInt8(ascii: "u")
                else { throw defect("half of a surrogate pair stands alone") }
                at += 1
                guard (0xDC00...0xDFFF).contains(try hexadecimal()) else {
                    throw defect("half of a surrogate pair stands alone")
                }
            }
        default: throw defect("unknown escape in a string")
        }
    }

    /// Walks over `uXXXX`.
    private mutating func hexadecimal() throws(LineDefect) -> UInt32 {
        at += 1
        var unit: UInt32 = 0
        for _ in 0..<4 {
            let byte = here
            let digit: UInt8
            switch byte {
            case 48...57: digit = byte - 48
            case 65...70: digit = byte - 55
            case 97...102: digit = byte - 87
            default: throw defect("expected four hexadecimal digits")
            }
            unit = unit << 4 | UInt32(digit)
            at += 1
        }
        return unit
    }

    /// Walks over one UTF-8 sequence of two to four bytes: shortest form, no surrogates.
    private mutating func multibyte() throws(LineDefect) {
        let first = bytes[at]
        let (count, second): (Int, ClosedRange<UInt8>) =
            switch first {
            case 0xC2...0xDF: (2, 0x80...0xBF)
            case 0xE0: (3, 0xA0...0xBF)
            case 0xE1...0xEC, 0xEE, 0xEF: (3, 0x80...0xBF)
            case 0xED: (3, 0x80...0x9F)
            case 0xF0: (4, 0x90...0xBF)
            case 0xF1...0xF3: (4, 0x80...0xBF)
            case 0xF4: (4, 0x80...0x8F)
            default: throw defect("not UTF-8")
            }
        guard at + count <= bytes.count, second.contains(bytes[at + 1]) else { throw defect("not UTF-8") }
        for i in 2..<max(2, count) where bytes[at + i] & 0xC0 != 0x80 { throw defect("not UTF-8") }
        at += count
    }

    private mutating func number() throws(LineDefect) {
        let start = at
        var hasExponent = false
        if here == UInt8(ascii: "-") { at += 1 }
        if here == UInt8(ascii: "0") {
            at += 1
        } else {
            try digits("expected a JSON value")
        }
        if here == UInt8(ascii: ".") {
            at += 1
            try digits("expected a digit")
        }
        if here | 0x20 == UInt8(ascii: "e") {
            at += 1
            hasExponent = true
            if here == UInt8(ascii: "+") || here == UInt8(ascii: "-") { at += 1 }
            try digits("expected a digit")
        }
        // Without an exponent it takes more than 300 digits.
        if isStrict, hasExponent || at - start > 300, !isFinite(start..<at) {
            throw LineDefect(column: start + 1, reason: "the number is too large")
        }
    }

    private func isFinite(_ range: Range<Int>) -> Bool {
        let text = String(decoding: UnsafeBufferPointer(rebasing: bytes[range]), as: UTF8.self)
        return Double(text)?.isFinite ?? false
    }

    private mutating func digits(_ reason: String) throws(LineDefect) {
        guard (48...57).contains(here) else { throw defect(reason) }
        while (48...57).contains(here) { at += 1 }
    }

    /// Reads a whole number that fits.
    mutating func integer() throws(LineDefect) -> Int? {
        let start = at
        try number()
        return Int(String(decoding: UnsafeBufferPointer(rebasing: bytes[start..<at]), as: UTF8.self))
    }

    /// Whether the text at `range` is `word`, to the letter.
    @inline(__always) func matches(_ range: Range<Int>, _ word: StaticString) -> Bool {
        guard range.count == word.utf8CodeUnitCount else { return false }
        for i in 0..<range.count where bytes[range.lowerBound + i] != word.utf8Start[i] { return false }
        return true
    }

    /// The same for a text that is not known when this is compiled. Slower, and so of another name.
    func matches(_ range: Range<Int>, text: String) -> Bool { bytes[range].elementsEqual(text.utf8) }

    /// The text itself, without its escapes.
    func decoded(_ text: Text) -> String {
        let inside = UnsafeBufferPointer(rebasing: bytes[text.range])
        return text.hasEscapes ? ResultScanner.unescaped(inside) : String(decoding: inside, as: UTF8.self)
    }
}
