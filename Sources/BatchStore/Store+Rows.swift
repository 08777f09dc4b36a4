package import BatchCore
import Foundation
import GRDB
import GRDBSQLite

/// A row with its state and what is known of its last attempt.
package struct RowRecord: Hashable, Sendable {
    /// Its place in the workload, from 0.
    package var number: Int64
    /// Its id, as submitted.
    package var id: String
    /// Where it stands.
    package var state: RowState
    /// Attempts that ended.
    package var attempts: Int
    /// How many of them ended with nobody knowing whether the row ran.
    package var doubts: Int
    /// The HTTP status of the last result.
    package var status: Int?
    /// What went wrong the last time.
    package var error: RowError?
    /// Why it is failed or held.
    package var reason: String?
    /// The batch that carries it, or carried it last.
    package var batch: BatchID?
    /// That batch's job.
    package var job: JobID?
    /// When it goes again, if it waits for that.
    package var dueAt: Timestamp?
    /// The row that goes before it because it has the same object, if it waits for its turn.
    package var ahead: RowAhead?
    /// Its line as submitted, if it was asked for.
    package var line: [UInt8]?
}

/// A page of rows, and where the next one begins.
package struct RowPage: Sendable {
    /// Rows in the order of submission.
    package var rows: [RowRecord]
    /// Ask for the rows after this number; nil at the end.
    package var next: Int64?
}

/// Where staging stands in the rows of its batch. Opaque; begins at `start`.
package struct InputCursor: Hashable, Sendable {
    fileprivate var retries = true
    fileprivate var key: Int64 = -1

    /// Before the first row.
    package static let start = InputCursor()
}

extension Store {
    /// Hands out the rows of a batch in the one order in which they stand in its file, about `maxBytes` of them.
    ///
    /// The order never changes while the batch is in phase `staging`, so the same file comes out again after
    /// a crash. The bytes handed to `body` are valid only during the call.
    /// - Returns: where to go on, or nil after the last row.
    package func input(
        of batch: Batch, after cursor: InputCursor, maxBytes: Int = 16_000_000,
        body: (_ line: UnsafeRawBufferPointer, RowTraits) throws -> Void
    ) throws -> InputCursor? {
        try read { db in
            var input = InputReader(db, cursor, left: maxBytes)
            if cursor.retries {
                let rows = try db.cachedStatement(
                    sql: """
                        SELECT r.key, i.traits, i.line FROM row_state r JOIN row_input i ON i.key = r.key
                        WHERE r.batch = ?1 AND r.state = 1 AND r.key > ?2 ORDER BY r.key
                        """)
                if try input.emit(rows, batch.id.rawValue, cursor.key, body) { return input.cursor }
                input.cursor = InputCursor(retries: false)
            }
            let rows = try db.cachedStatement(
                sql: "SELECT key, traits, line FROM row_input WHERE key BETWEEN ?1 AND ?2 ORDER BY key")
            let slices = try Row.fetchAll(
                db, sql: "SELECT first_row, last_row FROM slice WHERE batch = ? ORDER BY first_row",
                arguments: [batch.id.rawValue])
            for slice in slices {
                let first = max(input.cursor.key + 1, RowKey(batch.workload, slice["first_row"]).rawValue)
                let last = RowKey(batch.workload, slice["last_row"]).rawValue
                if try input.emit(rows, first, last, body) { return input.cursor }
            }
            return nil
        }
    }

    /// A page of a workload's rows, after row `after` (-1 for the first page). Empty before it was accepted.
    ///
    /// - Throws: `StoreError.inconsistent` when a row is in no state at all.
    /// - Parameters:
    ///   - state: only rows in this state.
    ///   - code: only rows whose last error has this code.
    ///   - withInput: fetch the submitted lines too.
    ///   - limit: at most so many rows are looked at.
    package func rows(
        of workload: WorkloadID, after: Int64 = -1, state: RowState? = nil, code: String? = nil,
        withInput: Bool = false, limit: Int = 1000
    ) throws -> RowPage {
        try read { db in
            // A decided row stands in `row_state`: start from there, and a few among millions are found fast.
            let decided = state == .succeeded || state == .failed || state == .held
            let source =
                decided
                ? "row_state r CROSS JOIN row_input i ON i.key = r.key"
                : """
                row_input i LEFT JOIN row_state r ON r.key = i.key
                """
            let key = decided ? "r.key" : "i.key"
            let rows = try Row.fetchCursor(
                db,
                sql: """
                    SELECT i.key, CAST(substr(i.line, i.id_at + 1, i.id_length) AS TEXT) AS id,
                      r.state, r.waits, r.attempts, r.doubts, r.status, r.reason, r.batch, r.due_at, b.job,
                      e.key AS has_error, e.type, e.code, e.message\(withInput ? ", i.line" : "")
                    FROM \(source)
                    LEFT JOIN row_error e ON e.key = i.key
                    LEFT JOIN batch b ON b.id = r.batch
                    WHERE \(key) > ? AND \(key) <= ? \(decided ? "AND r.state = ?" : "AND ? IS NULL")
                    ORDER BY \(key) LIMIT ?
                    """,
                arguments: [
                    after < 0 ? RowKey(workload, 0).rawValue - 1 : RowKey(workload, after).rawValue,
                    RowKey(workload, 0xFFFF_FFFF).rawValue, decided ? state?.rawValue : nil, limit,
                ])
            var page = RowPage(rows: [], next: nil)
            let isLoading = try Bool.fetchOne(
                db, sql: "SELECT state = 'loading' FROM workload WHERE id = ?", arguments: [workload.rawValue]
            )
            if isLoading != false { return page }
            var found: [(record: RowRecord, hasOwnState: Bool)] = []
            while let row = try rows.next() {
                let key = RowKey(rawValue: row[0])
                var record = RowRecord(stored: row, number: key.number)
                record.line = withInput ? (row[15] as Data?).map(Array.init) : nil
                if row[3] as Bool? == true { record.ahead = try db.rowAhead(of: key) }
                found.append((record, hasOwnState: !row.hasNull(atIndex: 2)))
            }
            guard let first = found.first?.record.number, let last = found.last?.record.number else {
                return page
            }
            if found.count == limit { page.next = last }
            let slices = try decided ? nil : SliceMap(db, workload, first...last)
            for (var record, hasOwnState) in found {
                if !hasOwnState {
                    guard let slice = slices?.find(record.number) else {
                        throw StoreError.inconsistent("row \(record.number) of \(workload) is in no state")
                    }
                    (record.state, record.batch, record.job) = (slice.state, slice.batch, slice.job)
                }
                if let state, record.state != state { continue }
                if let code, record.error?.code != code { continue }
                page.rows.append(record)
            }
            return page
        }
    }

    /// The row with this id, with its line; nil when the workload has none.
    package func row(named id: String, of workload: WorkloadID) throws -> RowRecord? {
        guard let number = try read({ try $0.numberOfRow(named: id, in: workload) }) else {
            return nil
        }
        return try rows(of: workload, after: number - 1, withInput: true, limit: 1).rows.first
    }
}

/// The hot loop of staging: lines go from SQLite's memory to where they are wanted, and no object is made of any.
private struct InputReader {
    private let db: Database
    var cursor: InputCursor
    private var left: Int

    init(_ db: Database, _ cursor: InputCursor, left: Int) {
        self.db = db
        self.cursor = cursor
        self.left = left
    }

    /// Hands out the rows (key, traits, line) that `statement` finds for two numbers; true when it was enough.
    mutating func emit(
        _ statement: Statement, _ first: Int64, _ second: Int64,
        _ body: (UnsafeRawBufferPointer, RowTraits) throws -> Void
    ) throws -> Bool {
        let rows = statement.sqliteStatement
        defer { sqlite3_reset(rows) }
        sqlite3_bind_int64(rows, 1, first)
        sqlite3_bind_int64(rows, 2, second)
        while left > 0 {
            switch sqlite3_step(rows) {
            case SQLITE_ROW:
                let count = Int(sqlite3_column_bytes(rows, 2))
                let line = UnsafeRawBufferPointer(start: sqlite3_column_blob(rows, 2), count: count)
                try body(line, RowTraits(rawValue: Int(sqlite3_column_int64(rows, 1))))
                cursor.key = sqlite3_column_int64(rows, 0)
                left -= count
            case SQLITE_DONE: return false
            case let code: throw db.failure(code)
            }
        }
        return true
    }
}

/// The states of rows that have none of their own. Few lines for a page of rows, and mostly for a workload.
struct SliceMap {
    struct Entry {
        var rows: ClosedRange<Int64>
        var state: RowState
        var batch: BatchID?
        var job: JobID?
    }

    let entries: [Entry]

    /// The slices that hold any of `rows`.
    init(_ db: Database, _ workload: WorkloadID, _ rows: ClosedRange<Int64> = 0...0xFFFF_FFFF) throws {
        entries = try Row.fetchAll(
            db,
            sql: """
                SELECT s.first_row, s.last_row, s.state, s.batch, b.job FROM slice s
                LEFT JOIN batch b ON b.id = s.batch
                WHERE s.workload = ?1 AND s.first_row <= ?3 AND s.first_row >= coalesce(
                  (SELECT max(first_row) FROM slice WHERE workload = ?1 AND first_row <= ?2), 0)
                ORDER BY s.first_row
                """, arguments: [workload.rawValue, rows.lowerBound, rows.upperBound]
        ).map { row in
            Entry(
                rows: row["first_row"]...row["last_row"],
                state: RowState(rawValue: row["state"]) ?? .queued,
                batch: (row["batch"] as Int64?).map { BatchID($0) },
                job: (row["job"] as String?).map { JobID($0) })
        }
    }

    /// The slice that covers the row.
    func find(_ number: Int64) -> Entry? {
        entries.find(number, rows: \.rows)
    }
}

extension Array {
    /// The element whose rows hold `number`; the elements are in the order of rows and do not overlap.
    fileprivate func find(_ number: Int64, rows: (Element) -> ClosedRange<Int64>) -> Element? {
        var low = 0
        var high = count
        while low < high {
            let middle = (low + high) / 2
            if rows(self[middle]).upperBound < number { low = middle + 1 } else { high = middle }
        }
        return low < count && rows(self[low]).contains(number) ? self[low] : nil
    }
}

extension [ClosedRange<Int64>] {
    /// The run that holds `number`; the runs are in order and do not overlap.
    func find(_ number: Int64) -> ClosedRange<Int64>? {
        find(number, rows: \.self)
    }
}

extension RowRecord {
    /// By the places of the columns: every row of a workload passes here, and looking up their names would cost more
    /// than all the rest.
    fileprivate init(stored row: Row, number: Int64) {
        self.init(
            number: number, id: row[1], state: (row[2] as Int?).flatMap(RowState.init) ?? .queued,
            attempts: row[4] ?? 0, doubts: row[5] ?? 0, status: row[6],
            error: row.hasNull(atIndex: 11)
                ? nil : RowError(type: row[12], code: row[13], message: row[14]),
            reason: row[7], batch: (row[8] as Int64?).map { BatchID($0) },
            job: (row[10] as String?).map { JobID($0) }, dueAt: Timestamp(stored: row[9]))
    }
}
