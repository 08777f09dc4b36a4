package import BatchCore
import Foundation
import GRDB

/// The counts of a workload three times: as kept, as derived from the rows' states, as lines stored.
package struct CountsEvidence: Hashable, Sendable {
    /// What the workload says of itself.
    package var kept: RowCounts
    /// What its rows say, counted one by one.
    package var derived: RowCounts
    /// How many lines are stored.
    package var stored: Int64
}

/// The rows of a workload that stand in line for their object, as the workload has it and as counted.
package struct TurnsEvidence: Hashable, Sendable {
    /// How many stand in line, as kept and as counted.
    package var kept: Int64, turns: Int64
    /// How many of them wait, as kept and as counted.
    package var keptWaiting: Int64, waiting: Int64
    /// How many wait and do have somebody ahead.
    package var behind: Int64
    /// How many should wait and do not, wait and should not, or are settled and still stand in line.
    package var odd: Int64

    /// True when all of it fits.
    package var holds: Bool { kept == turns && keptWaiting == waiting && waiting == behind && odd == 0 }
}

/// What the records say of one result line.
package struct LineEvidence: Hashable, Sendable {
    /// The row it names.
    package var number: Int64
    /// The row's state.
    package var state: RowState
    /// The last batch that carried the row.
    package var batch: BatchID
    /// How many of its attempts ended with nobody knowing whether it ran.
    package var doubts: Int
    /// The HTTP status that was recorded.
    package var status: Int?
    /// The error that was recorded.
    package var error: RowError?
}

/// A row that says it has a result.
package struct ClaimedResult: Hashable, Sendable {
    /// The row.
    package var number: Int64
    /// The batch that brought the result.
    package var batch: BatchID
}

extension Store {
    /// Counts a workload's rows anew, from nothing that is kept as a number, at one moment.
    package func countsEvidence(of workload: WorkloadID) throws -> CountsEvidence {
        try read { db in
            let record = try Row.fetchOne(
                db, sql: "SELECT * FROM workload WHERE id = ?", arguments: [workload.rawValue]
            ).map(WorkloadRecord.init(stored:))
            guard let record else { throw StoreError.noWorkload(workload) }
            let range: StatementArguments = [
                RowKey(workload, 0).rawValue, RowKey(workload, 0xFFFF_FFFF).rawValue,
            ]
            var derived = RowCounts()
            let own = try Row.fetchCursor(
                db,
                sql: "SELECT state, count(*) AS rows FROM row_state WHERE key BETWEEN ? AND ? GROUP BY state",
                arguments: range)
            while let row = try own.next() {
                if let state = RowState(rawValue: row["state"]) { derived[state] += row["rows"] }
            }
            for slice in try SliceMap(db, workload).entries {
                let own = try Int64.fetchOne(
                    db, sql: "SELECT count(*) FROM row_state WHERE key BETWEEN ? AND ?",
                    arguments: [
                        RowKey(workload, slice.rows.lowerBound).rawValue,
                        RowKey(workload, slice.rows.upperBound).rawValue,
                    ])
                derived[slice.state] += Int64(slice.rows.count) - (own ?? 0)
            }
            let stored = try Int64.fetchOne(
                db, sql: "SELECT count(*) FROM row_input WHERE key BETWEEN ? AND ?", arguments: range)
            return CountsEvidence(kept: record.rows, derived: derived, stored: stored ?? 0)
        }
    }

    /// Looks for rows that stand in line for their object and do not keep to it.
    ///
    /// In each line the first row may go, and all others wait: so no two of them can be in flight together,
    /// and everybody who waits has somebody ahead.
    package func turnsEvidence(of workload: WorkloadID) throws -> TurnsEvidence {
        try read { db in
            let row = try Row.fetchOne(
                db,
                sql: """
                    WITH own AS MATERIALIZED (
                      SELECT t.key, coalesce(r.waits, 0) AS waits,
                        t.key <> (SELECT h.key FROM object_turn h WHERE h.object = t.object
                          ORDER BY h.place, h.key LIMIT 1) AS is_behind,
                        coalesce(r.state, (SELECT s.state FROM slice s WHERE s.workload = t.key >> 32
                          AND s.first_row <= t.key & 4294967295 ORDER BY s.first_row DESC LIMIT 1)) AS state
                      FROM object_turn t LEFT JOIN row_state r ON r.key = t.key
                      WHERE t.key BETWEEN ?2 AND ?3)
                    SELECT turns AS kept, waiting AS kept_waiting,
                      (SELECT count(*) FROM own) AS turns,
                      (SELECT count(*) FROM row_state WHERE key BETWEEN ?2 AND ?3 AND waits = 1) AS waiting,
                      (SELECT count(*) FROM own WHERE waits = 1 AND is_behind) AS behind,
                      (SELECT count(*) FROM own WHERE waits <> is_behind OR state IN (2, 3, 5)) AS odd
                    FROM workload WHERE id = ?1
                    """,
                arguments: [
                    workload.rawValue, RowKey(workload, 0).rawValue, RowKey(workload, 0xFFFF_FFFF).rawValue,
                ])
            guard let row else { throw StoreError.noWorkload(workload) }
            return TurnsEvidence(
                kept: row["kept"], turns: row["turns"], keptWaiting: row["kept_waiting"],
                waiting: row["waiting"], behind: row["behind"], odd: row["odd"])
        }
    }

    /// What the records say of the rows that result lines name; nil for a line that names none.
    package func evidence(for ids: [String], in workload: WorkloadID) throws -> [LineEvidence?] {
        try read { db in
            let look = try db.cachedStatement(
                sql: """
                    SELECT r.state, r.batch, r.doubts, r.status, e.key, e.type, e.code, e.message
                    FROM row_state r LEFT JOIN row_error e ON e.key = r.key
                    WHERE r.key = ? AND r.batch IS NOT NULL
                    """
            ).sqliteStatement
            return try db.numbersOfRows(named: ids, in: workload).map { number in
                guard let number else { return nil }
                return try db.line(look, RowKey(workload, number).rawValue) {
                    LineEvidence(stored: $0, number: number)
                }
            }
        }
    }

    /// The place of a row, by its id; nil when the workload has none of that id.
    package func number(ofRow id: String, in workload: WorkloadID) throws -> Int64? {
        try read { try $0.numberOfRow(named: id, in: workload) }
    }

    /// Rows of a workload that have a result of their last batch, after row `after`, and where to go on.
    package func claimedResults(
        of workload: WorkloadID, after: Int64, limit: Int = 20_000
    ) throws -> (rows: [ClaimedResult], next: Int64?) {
        try read { db in
            let rows = try db.all(
                "SELECT key, batch, status FROM row_state WHERE key > ? AND key <= ? ORDER BY key LIMIT ?",
                [
                    RowKey(workload, 0).rawValue + after, RowKey(workload, 0xFFFF_FFFF).rawValue, limit,
                ]
            ) { row in
                (
                    number: RowKey(rawValue: row[0]).number,
                    batch: row.hasNull(atIndex: 2) ? nil : BatchID(row[1] as Int64)
                )
            }
            let claims = rows.compactMap { row in
                row.batch.map { ClaimedResult(number: row.number, batch: $0) }
            }
            let last = rows.count == limit ? rows.last?.number : nil
            return (claims, last)
        }
    }

    /// Hands out the stored lines of a workload after row `after`, in order, about `maxBytes` of them.
    ///
    /// - Returns: the row to go on after; nil at the end.
    package func storedLines(
        of workload: WorkloadID, after: Int64, maxBytes: Int = 4_000_000,
        body: (_ number: Int64, _ line: UnsafeRawBufferPointer) throws -> Void
    ) throws -> Int64? {
        try read { db in
            let rows = try Row.fetchCursor(
                db, sql: "SELECT key, line FROM row_input WHERE key > ? AND key <= ? ORDER BY key",
                arguments: [
                    RowKey(workload, 0).rawValue + after, RowKey(workload, 0xFFFF_FFFF).rawValue,
                ])
            var left = maxBytes
            while let row = try rows.next() {
                let number = RowKey(rawValue: row[0]).number
                try row.withUnsafeData(atIndex: 1) { data in
                    try (data ?? Data()).withUnsafeBytes { try body(number, $0) }
                    left -= data?.count ?? 0
                }
                if left <= 0 { return number }
            }
            return nil
        }
    }

    /// What SQLite itself finds wrong with the file, in its words; empty when it is sound. Reads all of it.
    package func fileDamage() throws -> [String] {
        try read { db in
            try String.fetchAll(db, sql: "PRAGMA integrity_check(20)").filter { $0 != "ok" }
        }
    }
}

extension LineEvidence {
    /// By the places of the columns, in C: every result line of a workload passes here.
    fileprivate init(stored row: OpaquePointer, number: Int64) {
        self.init(
            number: number, state: row.number(0).flatMap { RowState(rawValue: Int($0)) } ?? .queued,
            batch: BatchID(row.number(1) ?? 0), doubts: Int(row.number(2) ?? 0),
            status: row.number(3).map { Int($0) },
            error: row.number(4) == nil
                ? nil : RowError(type: row.text(5), code: row.text(6), message: row.text(7)))
    }
}
