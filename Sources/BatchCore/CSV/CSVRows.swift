/// Makes rows of the records of a CSV file, by a template and the file's header.
package struct CSVRows: Sendable {
    /// Why a header does not fit a template.
    package struct HeaderMismatch: Error, Hashable, Sendable {
        /// Columns that the template names and the header lacks.
        package var missing: [String]
        /// Columns that the template names and the header has twice.
        package var repeated: [String]
        /// The names of the header; none when it cannot be read.
        package var header: [String]

        /// A mismatch.
        package init(missing: [String], repeated: [String], header: [String]) {
            self.missing = missing
            self.repeated = repeated
            self.header = header
        }
    }

    /// A field that cannot become what the template says.
    package struct FieldDefect: Error, Hashable, Sendable {
        /// The field, from 1; 0 for the whole record.
        package var field: Int
        /// Why, without what stands there.
        package var reason: String

        /// A defect.
        package init(field: Int, reason: String) {
            self.field = field
            self.reason = reason
        }
    }

    private let members: [CSVTemplate.Member]
    private let places: [String: Int]
    /// The names of the columns.
    package let header: [String]
    /// The row that was made last, as JSON.
    package private(set) var line: [UInt8] = []
    /// Where in `line` what came of a field begins and ends.
    private var spans: [(range: Range<Int>, field: Int)] = []

    /// Rows by `template` of a file whose first record is `header`.
    package init(_ template: CSVTemplate, header record: CSVParser.Record) throws(HeaderMismatch) {
        let header = (0..<record.count).map { String(decoding: record[$0], as: UTF8.self) }
        let wanted = template.columns
        let missing = wanted.filter { !header.contains($0) }
        let repeated = wanted.filter { name in header.count { $0 == name } > 1 }
        guard missing.isEmpty, repeated.isEmpty else {
            throw HeaderMismatch(missing: missing, repeated: repeated, header: header)
        }
        members = template.members
        self.header = header
        places = Dictionary(header.enumerated().map { ($1, $0) }, uniquingKeysWith: { first, _ in first })
    }

    /// Makes `line` the row of a record.
    package mutating func make(_ record: CSVParser.Record) throws(FieldDefect) {
        line.removeAll(keepingCapacity: true)
        spans.removeAll(keepingCapacity: true)
        guard record.count == header.count else {
            throw FieldDefect(
                field: 0,
                reason: "the line has \(record.count) \(record.count == 1 ? "field" : "fields"), "
                    + "and the header has \(header.count)")
        }
        _ = try write(object: members, of: record, isRow: true)
    }

    /// The field from which byte `column` of `line`, from 1, comes; nil when it comes from none.
    package func field(atColumn column: Int) -> Int? {
        spans.last { $0.range.lowerBound < column && column <= $0.range.upperBound + 1 }?.field
    }

    /// The reason with the name of the column of a field, from 1.
    package func named(_ reason: String, field: Int) -> String {
        guard (1...header.count).contains(field) else { return reason }
        return "column \"\(header[field - 1])\": \(reason)"
    }

    /// Writes an object; false when all its members were left out.
    private mutating func write(
        object members: [CSVTemplate.Member], of record: CSVParser.Record, isRow: Bool = false
    ) throws(FieldDefect) -> Bool {
        var isEmpty = true
        line.append(0x7B)
        for member in members {
            let before = line.count
            if !isEmpty { line.append(0x2C) }
            append(quoted: member.key.utf8)
            line.append(0x3A)
            if try write(member.value, of: record, isOfRow: isRow) {
                isEmpty = false
            } else {
                line.removeLast(line.count - before)
            }
        }
        line.append(0x7D)
        return !isEmpty
    }

    /// Writes a value; false when it is to be left out: an empty field, or an object of which nothing is left.
    /// `params` and `path_params` of a row always stay.
    private mutating func write(
        _ value: CSVTemplate.Value, of record: CSVParser.Record, isOfRow: Bool = false
    ) throws(FieldDefect) -> Bool {
        switch value {
        case .literal(let json): line.append(contentsOf: json.utf8)
        case .object(let members):
            return try write(object: members, of: record) || members.isEmpty || isOfRow
        case .array(let values):
            line.append(0x5B)
            var isEmpty = true
            for value in values {
                let before = line.count
                if !isEmpty { line.append(0x2C) }
                if try write(value, of: record) {
                    isEmpty = false
                } else {
                    line.removeLast(line.count - before)
                }
            }
            line.append(0x5D)
        case .text(let parts):
            line.append(0x22)
            for part in parts {
                switch part {
                case .literal(let text): append(escaped: text.utf8)
                case .column(let name):
                    let place = places[name] ?? 0
                    let start = line.count
                    append(escaped: record[place])
                    spans.append((start..<line.count, place + 1))
                }
            }
            line.append(0x22)
        case .column(let column): return try write(column, of: record)
        }
        return true
    }

    private mutating func write(_ column: CSVTemplate.Column, of record: CSVParser.Record) throws(FieldDefect)
        -> Bool
    {
        let place = places[column.name] ?? 0
        let field = record[place]
        if field.isEmpty, column.isOptional { return false }
        let start = line.count
        func refuse(_ what: String) -> FieldDefect {
            let reason =
                field.isEmpty ? "the field is empty, and \(what) is needed" : "the field is not \(what)"
            return FieldDefect(field: place + 1, reason: reason)
        }
        switch column.kind {
        case .text: append(quoted: field)
        case .int:
            guard Number.isInteger(field) else { throw refuse("a whole number such as 1200 or -5") }
            line.append(contentsOf: field)
        case .number:
            guard Number.isNumber(field) else { throw refuse("a number such as 12, -5 or 12.50") }
            line.append(contentsOf: field)
        case .bool:
            let word = field.map { $0 | 0x20 }
            guard word == Array("true".utf8) || word == Array("false".utf8) else {
                throw refuse("true or false")
            }
            line.append(contentsOf: word)
        }
        spans.append((start..<line.count, place + 1))
        return true
    }

    private mutating func append(quoted text: some Collection<UInt8>) {
        line.append(0x22)
        append(escaped: text)
        line.append(0x22)
    }

    private mutating func append(escaped text: some Collection<UInt8>) {
        // Nearly no text has a byte that needs it, and then it is copied as a whole.
        let isPlain = text.withContiguousStorageIfAvailable { bytes in
            var at = 0
            while at < bytes.count, bytes[at] >= 0x20, bytes[at] != 0x22, bytes[at] != 0x5C { at += 1 }
            return at == bytes.count
        }
        if isPlain == true { return line.append(contentsOf: text) }
        for byte in text {
            switch byte {
            case 0x22, 0x5C:
                line.append(0x5C)
                line.append(byte)
            case 0x0A: line.append(contentsOf: [0x5C, 0x6E])
            case 0x0D: line.append(contentsOf: [0x5C, 0x72])
            case 0x09: line.append(contentsOf: [0x5C, 0x74])
            case 0..<0x20:
                line.append(contentsOf: [0x5C, 0x75, 0x30, 0x30])
                for digit in [byte >> 4, byte & 15] { line.append(digit < 10 ? 48 + digit : 87 + digit) }
            default: line.append(byte)
            }
        }
    }
}

/// The numbers of JSON (RFC 8259), without an exponent: what stands in a file is carried byte for byte.
private enum Number {
    static func isInteger(_ text: ArraySlice<UInt8>) -> Bool {
        let digits = text.first == UInt8(ascii: "-") ? text.dropFirst() : text
        return isDigits(digits) && (digits.count == 1 || digits.first != UInt8(ascii: "0"))
    }

    static func isNumber(_ text: ArraySlice<UInt8>) -> Bool {
        guard let point = text.firstIndex(of: UInt8(ascii: ".")) else { return isInteger(text) }
        return isInteger(text[..<point]) && isDigits(text[(point + 1)...])
    }

    private static func isDigits(_ text: ArraySlice<UInt8>) -> Bool {
        !text.isEmpty && text.allSatisfy { (48...57).contains($0) }
    }
}
