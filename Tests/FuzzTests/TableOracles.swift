import BatchCore
import Foundation

/// Tables of comma-separated values, read by our parser and by one that is too simple to be wrong in the same way.
enum TableOracles {
    /// What comes of a table.
    private enum Item: Equatable {
        case record(line: Int64, [[UInt8]])
        case defect(line: Int64, field: Int, reason: String)
    }

    /// The first byte chooses the longest record, the second the sizes of the pieces; the others are the table.
    static func csv(_ bytes: [UInt8]) -> String? {
        guard bytes.count > 2 else { return nil }
        let limit = bytes[0] < 128 ? 1_000_000 : Int(bytes[0] % 32)
        let table = Array(bytes[2...])
        let whole = items(table, limit: limit, pieces: nil)
        let inPieces = items(table, limit: limit, pieces: Mutator(seed: UInt64(bytes[1])))
        guard whole == inPieces else { return "\(inPieces) in pieces, and \(whole) as a whole" }
        var records: [[[UInt8]]] = []
        var defects = 0
        for item in whole {
            switch item {
            case .record(_, let fields):
                guard fields.joined().count <= limit else { return "a record beyond the limit" }
                records.append(fields)
            case .defect(let line, let field, _):
                defects += 1
                guard line > 0, field > 0 else { return "a defect nowhere" }
            }
        }
        if limit == 1_000_000 {
            let expected = SimpleTable.items(of: table)
            guard (expected == nil) == (defects > 0) else { return "\(whole) instead of \(expected ?? [])" }
            if let expected, expected.map({ Item.record(line: $0.line, $0.fields) }) != whole {
                return "\(whole) instead of \(expected)"
            }
        }
        let again = items(written(records), limit: limit, pieces: nil).map { item -> [[UInt8]]? in
            if case .record(_, let fields) = item { fields } else { nil }
        }
        guard again == records else { return "what was written reads as \(again)" }
        return rows(table)
    }

    private static func items(_ table: [UInt8], limit: Int, pieces: Mutator?) -> [Item] {
        var parser = CSVParser(limit: limit)
        var found: [Item] = []
        func note(_ item: CSVParser.Item) {
            switch item {
            case .record(let record):
                found.append(.record(line: record.line, (0..<record.count).map { Array(record[$0]) }))
            case .defect(let line, let field, let reason):
                found.append(.defect(line: line, field: field, reason: reason))
            }
        }
        var rest = table[...]
        var pieces = pieces
        while !rest.isEmpty {
            let piece = rest.prefix(pieces.map { _ in Int(pieces?.below(9) ?? 1) } ?? rest.count)
            piece.withUnsafeBytes { parser.feed($0, note) }
            rest = rest.dropFirst(piece.count)
        }
        parser.finish(note)
        return found
    }

    /// Every field in quotes.
    private static func written(_ records: [[[UInt8]]]) -> [UInt8] {
        let quote: [UInt8] = [0x22]
        return records.flatMap { fields in
            let quoted = fields.map { quote + $0.flatMap { $0 == 0x22 ? [0x22, 0x22] : [$0] } + quote }
            return Array(quoted.joined(separator: [0x2C])) + [0x0D, 0x0A]
        }
    }

    private static let template = CSVTemplate([
        .init("id", .column(.init(name: "id"))),
        .init(
            "params",
            .object([
                .init("name", .column(.init(name: "name"))),
                .init("tag", .text([.literal("\"{"), .column("name"), .column("id")])),
                .init("balance", .column(.init(name: "balance", kind: .int, isOptional: true))),
                .init("share", .column(.init(name: "share", kind: .number, isOptional: true))),
                .init("active", .column(.init(name: "active", kind: .bool, isOptional: true))),
            ])),
    ])

    /// What the rows of the table say, by Foundation, is what stands in its fields.
    private static func rows(_ table: [UInt8]) -> String? {
        var parser = CSVParser(limit: 1_000_000)
        var rows: CSVRows?
        var finding: String?
        func look(_ item: CSVParser.Item) {
            guard case .record(let record) = item, finding == nil else { return }
            guard var maker = rows else {
                rows = try? CSVRows(template, header: record)
                if rows == nil { finding = "" }
                return
            }
            guard (try? maker.make(record)) != nil else { return }
            finding = complaint(of: maker.line, record, maker.header)
        }
        table.withUnsafeBytes { parser.feed($0, look) }
        parser.finish(look)
        return finding == "" ? nil : finding
    }

    private static func complaint(
        of line: [UInt8], _ record: CSVParser.Record, _ header: [String]
    ) -> String? {
        // Foundation is no judge of everything, and what is no UTF-8 is refused later, as a row.
        guard String(validating: line, as: UTF8.self) != nil, let theirs = LineOracles.foundation(line) else {
            return nil
        }
        guard let object = theirs as? [String: Any], let params = object["params"] as? [String: Any] else {
            return LineOracles.hasHugeNumber(line) ? nil : "no JSON: \(String(decoding: line, as: UTF8.self))"
        }
        func field(_ name: String) -> [UInt8] {
            header.firstIndex(of: name).map { Array(record[$0]) } ?? []
        }
        func bytes(_ value: Any?) -> [UInt8]? { (value as? String).map { Array($0.utf8) } }
        guard bytes(object["id"]) == field("id"), bytes(params["name"]) == field("name") else {
            return "another text"
        }
        guard bytes(params["tag"]) == Array("\"{".utf8) + field("name") + field("id") else {
            return "another joined text"
        }
        for name in ["balance", "share", "active"] where field(name).isEmpty != (params[name] == nil) {
            return "\(name) for one of us"
        }
        if let active = params["active"] as? Bool {
            let word = String(decoding: field("active"), as: UTF8.self).lowercased()
            guard word == "\(active)" else { return "another truth" }
        }
        // Numbers are carried byte for byte, also those that Foundation rounds.
        let text = String(decoding: line, as: UTF8.self)
        for name in ["balance", "share"] where !field(name).isEmpty {
            let number = String(decoding: field(name), as: UTF8.self)
            guard text.contains("\"\(name)\":\(number)") else { return "another number" }
        }
        return nil
    }
}

/// RFC 4180 to the letter, with the whole table in hand.
private struct SimpleTable {
    private let bytes: [UInt8]
    private var at = 0

    /// The records with their lines; nil when anything is wrong with the table.
    static func items(of table: [UInt8]) -> [(line: Int64, fields: [[UInt8]])]? {
        var reader = SimpleTable(bytes: table, at: table.starts(with: [0xEF, 0xBB, 0xBF]) ? 3 : 0)
        var records: [(line: Int64, fields: [[UInt8]])] = []
        while reader.at < table.count {
            let start = reader.at
            guard let fields = reader.record() else { return nil }
            let isBlank = fields == [[]] && (start == table.count || table[start] != 0x22)
            let line = 1 + table[..<start].count { $0 == 0x0A }
            if !isBlank { records.append((Int64(line), fields)) }
        }
        return records
    }

    private mutating func record() -> [[UInt8]]? {
        var fields: [[UInt8]] = []
        while true {
            guard let field = at < bytes.count && bytes[at] == 0x22 ? quoted() : plain() else { return nil }
            fields.append(field)
            guard at < bytes.count else { return fields }
            switch bytes[at] {
            case 0x2C: at += 1
            case 0x0A:
                at += 1
                return fields
            case 0x0D where at + 1 == bytes.count || bytes[at + 1] == 0x0A:
                at = min(at + 2, bytes.count)
                return fields
            default: return nil
            }
        }
    }

    private mutating func plain() -> [UInt8]? {
        let end = bytes[at...].firstIndex { [0x2C, 0x0A, 0x0D, 0x22].contains($0) } ?? bytes.count
        defer { at = end }
        return Array(bytes[at..<end])
    }

    private mutating func quoted() -> [UInt8]? {
        var field: [UInt8] = []
        at += 1
        while let end = bytes[at...].firstIndex(of: 0x22) {
            field += bytes[at..<end]
            at = end + 1
            guard at < bytes.count, bytes[at] == 0x22 else { return field }
            field.append(0x22)
            at += 1
        }
        return nil
    }
}
