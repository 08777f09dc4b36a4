package import BatchCore
import Spool

/// How the bytes of a submission become rows.
package enum InputForm: Hashable, Sendable {
    /// Stripe's own rows, one a line.
    case jsonLines
    /// A table with a header.
    case csv(CSVTemplate)
}

/// Makes rows of bytes as they come, at the memory of one row, and says of each on which line it begins.
struct RowSource: Sendable {
    /// What comes of a line.
    enum Row {
        /// The row as it is stored, valid during the call only.
        case good(UnsafeBufferPointer<UInt8>, ScannedRow)
        case bad(LineDefect)
    }

    private enum Reader {
        case lines(LineSplitter)
        case csv(CSVParser, CSVTemplate)
    }

    private let scanner: RowScanner
    private var reader: Reader
    private var lines: Int64 = 0
    /// Nil before the header has come.
    private var rows: CSVRows?
    /// What is wrong with the header: nothing behind it is read.
    private(set) var mismatch: CSVRows.HeaderMismatch?

    init(_ form: InputForm, _ scanner: RowScanner) {
        self.scanner = scanner
        reader =
            switch form {
            case .jsonLines: .lines(LineSplitter(limit: RowScanner.maximumLineBytes))
            case .csv(let template): .csv(CSVParser(limit: RowScanner.maximumLineBytes), template)
            }
    }

    /// Hands out the rows that end in these bytes.
    mutating func feed(_ piece: UnsafeRawBufferPointer, _ body: (Row, _ line: Int64) -> Void) {
        switch reader {
        case .lines(var splitter):
            splitter.feed(piece) { line, _ in take(line, body) }
            reader = .lines(splitter)
        case .csv(var parser, let template):
            if mismatch != nil { return }
            parser.feed(piece) { take($0, template, body) }
            reader = .csv(parser, template)
        }
    }

    /// Hands out a last row that has no line end.
    mutating func finish(_ body: (Row, _ line: Int64) -> Void) {
        switch reader {
        case .lines(var splitter):
            splitter.finish { line, _ in take(line, body) }
            reader = .lines(splitter)
        case .csv(var parser, let template):
            if mismatch != nil { return }
            parser.finish { take($0, template, body) }
            reader = .csv(parser, template)
        }
    }

    private mutating func take(_ line: LineSplitter.Line, _ body: (Row, Int64) -> Void) {
        lines += 1
        switch line {
        case .whole(let bytes): body(scan(bytes), lines)
        case .tooLong(let count):
            body(
                .bad(
                    LineDefect(
                        column: RowScanner.maximumLineBytes + 1,
                        reason: "the line has \(count) bytes; the limit is \(RowScanner.maximumLineBytes)")),
                lines)
        }
    }

    private func scan(_ bytes: UnsafeBufferPointer<UInt8>) -> Row {
        guard bytes.count <= RowScanner.maximumLineBytes else {
            return .bad(
                LineDefect(
                    column: RowScanner.maximumLineBytes + 1,
                    reason: "the row has \(bytes.count) bytes; the limit is \(RowScanner.maximumLineBytes)"))
        }
        do throws(LineDefect) {
            return .good(bytes, try scanner.scan(bytes))
        } catch {
            return .bad(error)
        }
    }

    private mutating func take(_ item: CSVParser.Item, _ template: CSVTemplate, _ body: (Row, Int64) -> Void)
    {
        if mismatch != nil { return }
        switch item {
        case .defect(let line, let field, let reason):
            let reason = rows?.named(reason, field: field) ?? "the header cannot be read: \(reason)"
            body(.bad(LineDefect(column: field, reason: reason)), line)
            // Without a header nothing behind it means anything.
            if rows == nil {
                mismatch = CSVRows.HeaderMismatch(missing: template.columns, repeated: [], header: [])
            }
        case .record(let record):
            guard rows != nil else {
                do throws(CSVRows.HeaderMismatch) {
                    rows = try CSVRows(template, header: record)
                } catch {
                    mismatch = error
                }
                return
            }
            makeRow(of: record, body)
        }
    }

    private mutating func makeRow(of record: CSVParser.Record, _ body: (Row, Int64) -> Void) {
        guard var rows else { return }
        // Not kept twice, or each row would copy the line of the one before.
        self.rows = nil
        defer { self.rows = rows }
        do throws(CSVRows.FieldDefect) {
            try rows.make(record)
        } catch {
            body(
                .bad(
                    LineDefect(
                        column: max(1, error.field), reason: rows.named(error.reason, field: error.field))),
                record.line)
            return
        }
        rows.line.withUnsafeBufferPointer { line in
            switch scan(line) {
            case .bad(let defect):
                // What the row's own line says is said of the field that it comes from.
                let field = rows.field(atColumn: defect.column)
                body(
                    .bad(
                        LineDefect(
                            column: field ?? 1, reason: rows.named(defect.reason, field: field ?? 0))),
                    record.line)
            case let good: body(good, record.line)
            }
        }
    }
}

/// On which line of a submission each row begins, to be told to people: they differ where rows are left out, or where a
/// row has several lines. Some thousand places where that changes are kept; behind them it is a guess.
struct LinePlaces: Sendable {
    private static let most = 10_000
    /// From this row on its line is so much greater.
    private var changes: [(row: Int64, ahead: Int64)] = []

    mutating func note(row: Int64, line: Int64) {
        let ahead = line - row
        guard changes.last?.ahead != ahead, changes.count < Self.most else { return }
        changes.append((row, ahead))
    }

    func line(of row: Int64) -> Int64 {
        // Few are asked for.
        row + (changes.last { $0.row <= row }?.ahead ?? 1)
    }
}
