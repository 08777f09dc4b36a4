package import BatchCore
import Foundation
import GRDB

/// Rows of a workload that a person decides about: those in one state, or some of them.
package struct RowSelection: Hashable, Sendable {
    /// `held` or `failed`.
    package var state: RowState
    /// Only rows whose last error has this code.
    package var code: String?
    /// Only these rows; nil for all.
    package var ids: [String]?

    /// Selects rows in `state`, all or some.
    package init(_ state: RowState, code: String? = nil, ids: [String]? = nil) {
        self.state = state
        self.code = code
        self.ids = ids
    }
}

/// A row that is selected.
package struct SelectedRow: Hashable, Sendable {
    /// The row.
    package var key: RowKey
    /// The submitted line, when it was asked for.
    package var line: [UInt8]?
    /// The object it acts on, as far as somebody has looked.
    package var object: ObjectKey?
}

/// About how many rows a person has decided.
package struct DecidedRows: Hashable, Sendable {
    /// All of them.
    package var count: Int
    /// Those that a person had given up before, perhaps because they were done by hand.
    package var givenUp: Int

    /// So many rows.
    package init(count: Int = 0, givenUp: Int = 0) {
        self.count = count
        self.givenUp = givenUp
    }

    /// Adds others.
    package static func += (total: inout Self, more: Self) {
        total.count += more.count
        total.givenUp += more.givenUp
    }
}

extension Store {
    /// Selected rows after row `after`, in order: of all, at most `limit`; of some named ones, all.
    ///
    /// - Returns: the rows, and the names that lead to no row in this state.
    package func select(
        _ selection: RowSelection, of workload: WorkloadID, after: Int64 = -1, limit: Int = 5_000,
        withLines: Bool = false
    ) throws -> (rows: [SelectedRow], strangers: [String]) {
        try read { db in
            guard let ids = selection.ids else {
                let keys = try Int64.fetchAll(
                    db,
                    sql: """
                        SELECT r.key FROM row_state r LEFT JOIN row_error e ON e.key = r.key
                        WHERE r.key > ? AND r.key <= ? AND r.state = ? AND (?4 IS NULL OR e.code = ?4)
                        ORDER BY r.key LIMIT ?
                        """,
                    arguments: [
                        RowKey(workload, 0).rawValue + after, RowKey(workload, 0xFFFF_FFFF).rawValue,
                        selection.state.rawValue, selection.code, limit,
                    ])
                return (try keys.map { try db.selected($0, withLine: withLines) }, [])
            }
            var rows: [SelectedRow] = []
            var strangers: [String] = []
            for (id, number) in zip(ids, try db.numbersOfRows(named: ids, in: workload)) {
                let key = number.map { RowKey(workload, $0).rawValue }
                let state = try Int.fetchOne(
                    db.cachedStatement(sql: "SELECT state FROM row_state WHERE key = ?"), arguments: [key])
                if let key, state == selection.state.rawValue {
                    rows.append(try db.selected(key, withLine: withLines))
                } else {
                    strangers.append(id)
                }
            }
            return (rows, strangers)
        }
    }

    /// Has rows sent again that are held or failed: now, or when their turn comes. The attempts they have made
    /// are forgiven; what is not known of them stays not known.
    ///
    /// A row that failed stands behind all others with the same object now. A workload that had finished runs
    /// again; one that was held goes on.
    /// - Parameter why: for the history.
    /// - Returns: how many; rows that are in another state by now are left alone.
    /// - Throws: `StoreError.wrongState` for a workload that is canceled, or is being canceled; `noWorkload`.
    package func sendAgain(
        _ rows: [SelectedRow], in state: RowState, of workload: WorkloadID, why: String, at now: Timestamp
    ) throws -> DecidedRows {
        try write { db in
            try db.requireDecidable(workload)
            try db.reopen(workload, at: now)
            var line = try state == .failed ? LineAgain(db, workload, rows) : nil
            let send = try db.cachedStatement(
                sql: """
                    UPDATE row_state SET state = 0, due_at = ?3, waits = ?4, reason = NULL,
                      forgiven = attempts, suspect = iif(reason = 'validation', 1, NULL)
                    WHERE key = ?1 AND state = ?2
                    """)
            var decided = DecidedRows()
            for row in rows.sorted(by: { $0.key < $1.key }) {
                let isByPerson = try Bool.fetchOne(
                    db.cachedStatement(
                        sql: "SELECT reason = 'operator' FROM row_state WHERE key = ? AND state = ?"),
                    arguments: [row.key.rawValue, state.rawValue])
                guard let isByPerson else { continue }
                let waits = try line?.enter(row) ?? false
                try send.execute(arguments: [
                    row.key.rawValue, state.rawValue, waits ? nil : now.milliseconds, waits,
                ])
                decided += DecidedRows(count: 1, givenUp: isByPerson && state == .failed ? 1 : 0)
            }
            let count = decided.count
            var moves = RowMoves()
            moves.add(Int64(count), from: state, to: .queued)
            try db.move(moves, in: workload)
            try line?.finish()
            if count > 0 {
                try db.note(
                    "released", at: now, workload: workload,
                    "\(count) \(state.word) \(count == 1 ? "row goes" : "rows go") again: \(why)")
            }
            return decided
        }
    }

    /// Gives held rows up: they are `failed` because a person said so.
    ///
    /// - Returns: how many; rows that are in another state by now are left alone.
    /// - Throws: as `sendAgain`.
    package func giveUp(
        _ rows: [SelectedRow], of workload: WorkloadID, why: String, at now: Timestamp
    ) throws -> Int {
        try write { db in
            try db.requireDecidable(workload)
            try db.reopen(workload, at: now)
            var turns = try db.hasTurns(workload) ? Turns(db, at: now) : nil
            let fail = try db.cachedStatement(
                sql: "UPDATE row_state SET state = 3, reason = 'operator' WHERE key = ? AND state = 4")
            var count = 0
            for row in rows {
                try fail.execute(arguments: [row.key.rawValue])
                guard db.changesCount == 1 else { continue }
                count += 1
                try turns?.end(row.key)
            }
            try turns?.finish()
            var moves = RowMoves()
            moves.add(Int64(count), from: .held, to: .failed)
            try db.move(moves, in: workload)
            if count > 0 {
                try db.note(
                    "failed", at: now, workload: workload,
                    "\(count) held \(count == 1 ? "row is" : "rows are") given up: \(why)")
            }
            return count
        }
    }
}

extension Database {
    fileprivate func selected(_ key: Int64, withLine: Bool) throws -> SelectedRow {
        guard withLine else { return SelectedRow(key: RowKey(rawValue: key)) }
        let line = try Data.fetchOne(
            cachedStatement(sql: "SELECT line FROM row_input WHERE key = ?"), arguments: [key])
        return SelectedRow(key: RowKey(rawValue: key), line: line.map(Array.init))
    }

    /// - Throws: `StoreError.noWorkload`; `wrongState` when it is canceled, or is about to be.
    fileprivate func requireDecidable(_ workload: WorkloadID) throws {
        let isGivenUp = try Bool.fetchOne(
            self,
            sql:
                "SELECT state = 'canceled' OR cancel_wanted FROM workload WHERE id = ? AND state <> 'loading'",
            arguments: [workload.rawValue])
        guard let isGivenUp else { throw StoreError.noWorkload(workload) }
        if isGivenUp { throw StoreError.wrongState(workload, .canceled) }
    }

    /// Lets a workload go on that is held, or has finished; one that is paused stays so.
    fileprivate func reopen(_ workload: WorkloadID, at now: Timestamp) throws {
        // Whoever has rows of a finished workload sent again has seen how they fared. A guard that holds stays.
        try execute(
            sql: """
                UPDATE workload SET guarded_after = (SELECT max(id) FROM batch WHERE workload = ?1)
                WHERE id = ?1 AND state = 'finished'
                """, arguments: [workload.rawValue])
        try execute(
            sql: """
                UPDATE workload SET state = 'running', reason = NULL, finished_at = NULL, summary_sha256 = NULL
                WHERE id = ? AND state IN ('held', 'finished')
                """, arguments: [workload.rawValue])
        if changesCount == 1 {
            try note("resumed", at: now, workload: workload, "a person has decided about its rows")
        }
    }
}
