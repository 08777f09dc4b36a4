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

/// What the records say of one result line.
package struct LineEvidence: Hashable, Sendable {
    /// The row it names.
    package var number: Int64
    /// The row's state.
    package var state: RowState
    /// The last batch that carried the row.
    package var batch: BatchID
    /// The HTTP status that was recorded.
    package var status: Int?
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

    /// What the records say of the rows that result lines name; nil for a line that names none.
    package func evidence(for ids: [String], in workload: WorkloadID) throws -> [LineEvidence?] {
        try read { db in
            let find = try db.cachedStatement(
                sql: """
                    SELECT n.number, r.state, r.batch, r.status FROM row_name n
                    JOIN row_state r ON r.key = (n.workload << 32) + n.number
                    WHERE n.workload = ? AND n.id = ?
                    """)
            return try ids.map { id in
                try Row.fetchOne(find, arguments: [workload.rawValue, id]).map { row in
                    LineEvidence(
                        number: row["number"], state: RowState(rawValue: row["state"]) ?? .queued,
                        batch: BatchID(row["batch"] as Int64), status: row["status"])
                }
            }
        }
    }

    /// How many rows of a workload say that their last result came with this batch.
    package func rowsWithResult(from batch: BatchID, in workload: WorkloadID) throws -> Int64 {
        try read { db in
            try Int64.fetchOne(
                db,
                sql: """
                    SELECT count(*) FROM row_state
                    WHERE key BETWEEN ? AND ? AND batch = ? AND status IS NOT NULL
                    """,
                arguments: [
                    RowKey(workload, 0).rawValue, RowKey(workload, 0xFFFF_FFFF).rawValue, batch.rawValue,
                ]) ?? 0
        }
    }

    /// Batches of a workload that the history settles more than once, or that are settled without a word in it.
    package func batchesNotSettledOnce(of workload: WorkloadID) throws -> [BatchID] {
        try read { db in
            try Int64.fetchAll(
                db,
                sql: """
                    SELECT b.id FROM batch b LEFT JOIN event e
                      ON e.workload = b.workload AND e.batch = b.id AND e.kind = 'settled'
                    WHERE b.workload = ? AND b.phase = 'settled' GROUP BY b.id HAVING count(e.seq) <> 1
                    """, arguments: [workload.rawValue]
            ).map { BatchID($0) }
        }
    }
}
