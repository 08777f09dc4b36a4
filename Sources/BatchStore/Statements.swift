import GRDB
import GRDBSQLite

// Statements for loops over rows, in C: to bind values by way of GRDB costs more than most of them do.
extension Database {
    /// The number that a statement finds for one, two or three others; nil when it finds none.
    func number(
        _ statement: OpaquePointer, _ first: Int64, _ second: Int64? = nil, _ third: Int64? = nil
    ) throws -> Int64? {
        statement.bind(first, second, third)
        defer { sqlite3_reset(statement) }
        switch sqlite3_step(statement) {
        case SQLITE_ROW: return statement.number(0)
        case SQLITE_DONE: return nil
        case let code: throw failure(code)
        }
    }

    /// What `read` makes of the first line that a statement finds for a number; nil when it finds none.
    func line<T>(
        _ statement: OpaquePointer, _ number: Int64, _ read: (OpaquePointer) throws -> T
    ) throws -> T? {
        statement.bind(number, nil, nil)
        defer { sqlite3_reset(statement) }
        switch sqlite3_step(statement) {
        case SQLITE_ROW: return try read(statement)
        case SQLITE_DONE: return nil
        case let code: throw failure(code)
        }
    }

    /// Runs a statement that returns nothing with one, two or three numbers.
    ///
    /// - Returns: how many lines it changed.
    @discardableResult
    func run(
        _ statement: OpaquePointer, _ first: Int64, _ second: Int64? = nil, _ third: Int64? = nil
    ) throws -> Int {
        statement.bind(first, second, third)
        try stepOnce(statement)
        return Int(sqlite3_changes(sqliteConnection))
    }
}

extension OpaquePointer {
    /// The number in a column of the line that was found last.
    func number(_ column: Int32) -> Int64? {
        sqlite3_column_type(self, column) == SQLITE_NULL ? nil : sqlite3_column_int64(self, column)
    }

    /// The text in a column of the line that was found last.
    func text(_ column: Int32) -> String? {
        guard let start = sqlite3_column_text(self, column) else { return nil }
        let count = Int(sqlite3_column_bytes(self, column))
        return String(decoding: UnsafeBufferPointer(start: start, count: count), as: UTF8.self)
    }

    fileprivate func bind(_ first: Int64, _ second: Int64?, _ third: Int64?) {
        sqlite3_bind_int64(self, 1, first)
        if let second { sqlite3_bind_int64(self, 2, second) }
        if let third { sqlite3_bind_int64(self, 3, third) }
    }
}
