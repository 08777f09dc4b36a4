/// Finds the members of a JSON object in its bytes, and checks the whole text on the way.
///
/// Rows arrive by the million, and their `params` must come back unchanged, so nothing is decoded
/// that is not asked for. Follows RFC 8259; nesting is limited to 200.
struct JSONScanner {
    /// What a value is, told by its first byte.
    enum Kind: Equatable {
        case object, array, string, number, bool, null
    }

    /// One member of an object: where its key (without quotes) and its value (with quotes) stand.
    struct Member {
        let key: Range<Int>
        let value: Range<Int>
        let kind: Kind
    }

    /// Not JSON, or not JSON of the expected kind.
    ///
    /// `offset` is the byte where it went wrong.
    struct Fault: Error, Equatable {
        let offset: Int
    }

    private let bytes: UnsafePointer<UInt8>
    private let end: Int
    private var at: Int

    /// Reads the members of the one object that fills `range` (apart from white space).
    static func members(
        of bytes: UnsafePointer<UInt8>, in range: Range<Int>
    ) throws(Fault) -> [Member] {
        var scanner = JSONScanner(bytes: bytes, end: range.upperBound, at: range.lowerBound)
        scanner.skipSpace()
        var members: [Member] = []
        // As many as most objects have: growing step by step costs more than reading.
        members.reserveCapacity(8)
        try scanner.object(depth: 0) { members.append($0) }
        scanner.skipSpace()
        guard scanner.at == scanner.end else { throw scanner.fault }
        return members
    }

    private init(bytes: UnsafePointer<UInt8>, end: Int, at: Int) {
        self.bytes = bytes
        self.end = end
        self.at = at
    }

    private var fault: Fault { Fault(offset: at) }

    private mutating func skipSpace() {
        while at < end {
            let byte = bytes[at]
            guard byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 else { return }
            at += 1
        }
    }

    private mutating func expect(_ byte: UInt8) throws(Fault) {
        guard at < end, bytes[at] == byte else { throw fault }
        at += 1
    }

    private mutating func object(depth: Int, _ found: (Member) -> Void) throws(Fault) {
        try expect(0x7B)
        skipSpace()
        if at < end, bytes[at] == 0x7D {
            at += 1
            return
        }
        while true {
            skipSpace()
            let key = try string()
            skipSpace()
            try expect(0x3A)
            skipSpace()
            let start = at
            let kind = try value(depth: depth + 1)
            found(Member(key: key.lowerBound + 1..<key.upperBound - 1, value: start..<at, kind: kind))
            skipSpace()
            guard at < end else { throw fault }
            if bytes[at] == 0x2C {
                at += 1
            } else {
                return try expect(0x7D)
            }
        }
    }

    private mutating func array(depth: Int) throws(Fault) {
        try expect(0x5B)
        skipSpace()
        if at < end, bytes[at] == 0x5D {
            at += 1
            return
        }
        while true {
            skipSpace()
            _ = try value(depth: depth + 1)
            skipSpace()
            guard at < end else { throw fault }
            if bytes[at] == 0x2C {
                at += 1
            } else {
                return try expect(0x5D)
            }
        }
    }

    private mutating func value(depth: Int) throws(Fault) -> Kind {
        guard at < end, depth <= 200 else { throw fault }
        switch bytes[at] {
        case 0x7B:
            try object(depth: depth) { _ in }
            return .object
        case 0x5B:
            try array(depth: depth)
            return .array
        case 0x22:
            _ = try string()
            return .string
        case 0x74:
            try word("true")
            return .bool
        case 0x66:
            try word("false")
            return .bool
        case 0x6E:
            try word("null")
            return .null
        default:
            try number()
            return .number
        }
    }

    private mutating func word(_ text: StaticString) throws(Fault) {
        for index in 0..<text.utf8CodeUnitCount { try expect(text.utf8Start[index]) }
    }

    /// Passes over a string and returns its range, quotes included.
    private mutating func string() throws(Fault) -> Range<Int> {
        let start = at
        try expect(0x22)
        while at < end {
            let byte = bytes[at]
            at += 1
            if byte == 0x22 { return start..<at }
            if byte < 0x20 { throw fault }
            if byte == 0x5C { try escape() }
        }
        throw fault
    }

    private mutating func escape() throws(Fault) {
        guard at < end else { throw fault }
        let byte = bytes[at]
        at += 1
        switch byte {
        case 0x22, 0x5C, 0x2F, 0x62, 0x66, 0x6E, 0x72, 0x74: return
        case 0x75:
            for _ in 0..<4 {
                guard at < end, isHex(bytes[at]) else { throw fault }
                at += 1
            }
        default: throw fault
        }
    }

    private func isHex(_ byte: UInt8) -> Bool {
        (0x30...0x39).contains(byte) || (0x41...0x46).contains(byte) || (0x61...0x66).contains(byte)
    }

    private mutating func number() throws(Fault) {
        if at < end, bytes[at] == 0x2D { at += 1 }
        if at < end, bytes[at] == 0x30 { at += 1 } else { try digits() }
        if at < end, bytes[at] == 0x2E {
            at += 1
            try digits()
        }
        if at < end, bytes[at] | 0x20 == 0x65 {
            at += 1
            if at < end, bytes[at] == 0x2B || bytes[at] == 0x2D { at += 1 }
            try digits()
        }
    }

    private mutating func digits() throws(Fault) {
        let start = at
        while at < end, (0x30...0x39).contains(bytes[at]) { at += 1 }
        guard at > start else { throw fault }
    }
}
