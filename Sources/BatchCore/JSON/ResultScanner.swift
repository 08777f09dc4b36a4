/// One line of Stripe's result file, as far as it decides about its row.
///
/// Source: `stripe-batch-api.md` sections 4 and 4.1.
package struct ResultLine: Hashable, Sendable {
    /// The row's id as it stands in the line.
    package var id: String
    /// The HTTP status of the underlying call.
    package var status: Int
    /// What went wrong, when `response` holds an error.
    package var error: RowError?

    /// A result, as a scanner or a test makes it.
    package init(id: String, status: Int, error: RowError? = nil) {
        self.id = id
        self.status = status
        self.error = error
    }
}

/// Stripe's error of one row. Every part may be missing.
package struct RowError: Hashable, Sendable {
    /// `invalid_request_error`, `api_error`, `card_error`, …
    package var type: String?
    /// `resource_missing`, `lock_timeout`, …; an open set.
    package var code: String?
    /// For people; at most 1,000 bytes are kept.
    package var message: String?
    /// For card errors: `try_again_later`, `do_not_try_again`, `confirm_card_data`.
    package var adviceCode: String?

    /// An error with what is known of it.
    package init(
        type: String? = nil, code: String? = nil, message: String? = nil, adviceCode: String? = nil
    ) {
        self.type = type
        self.code = code
        self.message = message
        self.adviceCode = adviceCode
    }
}

/// Reads what decides from a result line, and checks that the whole line is JSON.
package enum ResultScanner {
    private static let maximumMessageBytes = 1000

    /// Reads one line without its newline.
    ///
    /// - Throws: `LineDefect` when it is not an object with an id and a status.
    package static func scan(_ line: UnsafeBufferPointer<UInt8>) throws(LineDefect) -> ResultLine {
        var scanner = JSONScanner(line)
        scanner.skipSpace()
        var id: String?
        var status: Int?
        var error: RowError?
        var seen: Member = []
        try scanner.object { (scanner, key) throws(LineDefect) in
            let member = try Member(scanner, key)
            // Readers differ in which of two they take, so nobody knows what such a line says.
            guard member.isEmpty || seen.insert(member).inserted else {
                throw LineDefect(column: key.range.lowerBound, reason: "a key stands here twice")
            }
            if member == .id, scanner.here == UInt8(ascii: "\"") {
                id = text(try scanner.string(), in: scanner)
            } else if member == .status, (48...57).contains(scanner.here) {
                status = try scanner.integer()
            } else if member == .response, scanner.here == UInt8(ascii: "{") {
                error = try response(&scanner)
            } else {
                try scanner.value(depth: 1)
            }
        }
        scanner.skipSpace()
        guard scanner.at == line.count else { throw scanner.defect("text after the end of the object") }
        guard let id, let status else { throw LineDefect(column: 1, reason: "no id or no status") }
        return ResultLine(id: id, status: status, error: error)
    }

    /// The members that decide; as a set, those that were seen. Any other is empty.
    private struct Member: OptionSet {
        let rawValue: UInt8

        static let id = Member(rawValue: 1)
        static let status = Member(rawValue: 2)
        static let response = Member(rawValue: 4)

        init(rawValue: UInt8) { self.rawValue = rawValue }

        init(_ scanner: JSONScanner, _ key: JSONScanner.Text) throws(LineDefect) {
            // An escaped key may be any of them in disguise, and Stripe has no need of one.
            guard !key.hasEscapes else {
                throw LineDefect(column: key.range.lowerBound, reason: "a key is written with escapes")
            }
            self =
                if scanner.matches(key.range, "id") { .id } else if scanner.matches(key.range, "status") {
                    .status
                } else if scanner.matches(key.range, "response") { .response } else { [] }
        }
    }

    private static func response(_ scanner: inout JSONScanner) throws(LineDefect) -> RowError? {
        var error: RowError?
        try scanner.object { (scanner, key) throws(LineDefect) in
            if scanner.matches(key.range, "error"), scanner.here == UInt8(ascii: "{") {
                error = try self.error(&scanner)
            } else {
                try scanner.value(depth: 2)
            }
        }
        return error
    }

    private static func error(_ scanner: inout JSONScanner) throws(LineDefect) -> RowError {
        var error = RowError()
        try scanner.object { (scanner, key) throws(LineDefect) in
            guard scanner.here == UInt8(ascii: "\"") else { return try scanner.value(depth: 3) }
            let value = try scanner.string()
            if scanner.matches(key.range, "type") {
                error.type = text(value, in: scanner)
            } else if scanner.matches(key.range, "code") {
                error.code = text(value, in: scanner)
            } else if scanner.matches(key.range, "message") {
                error.message = text(value, in: scanner)
            } else if scanner.matches(key.range, "advice_code") {
                error.adviceCode = text(value, in: scanner)
            }
        }
        return error
    }

    private static func text(_ text: JSONScanner.Text, in scanner: JSONScanner) -> String {
        var end = min(text.range.upperBound, text.range.lowerBound + maximumMessageBytes)
        // Cut between characters, never within one.
        while end < text.range.upperBound, scanner.bytes[end] & 0xC0 == 0x80 { end -= 1 }
        let bytes = UnsafeBufferPointer(rebasing: scanner.bytes[text.range.lowerBound..<end])
        return text.hasEscapes ? unescaped(bytes) : String(decoding: bytes, as: UTF8.self)
    }

    /// Decodes the escapes of a string that the scanner has passed; a cut tail is dropped.
    static func unescaped(_ bytes: UnsafeBufferPointer<UInt8>) -> String {
        var units: [UInt16] = []
        var rest = String(decoding: bytes, as: UTF8.self).utf16[...]
        while let unit = rest.popFirst() {
            guard unit == 0x5C else {
                units.append(unit)
                continue
            }
            guard let escape = rest.popFirst() else { break }
            switch escape {
            case 0x62: units.append(8)
            case 0x66: units.append(12)
            case 0x6E: units.append(10)
            case 0x72: units.append(13)
            case 0x74: units.append(9)
            case 0x75:
                let digits = rest.prefix(4)
                rest = rest.dropFirst(4)
                if digits.count == 4, let code = UInt16(String(digits) ?? "", radix: 16) {
                    units.append(code)
                }
            default: units.append(escape)
            }
        }
        return String(decoding: units, as: UTF16.self)
    }
}
