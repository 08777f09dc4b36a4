package import BatchCore
import GRDB
import GRDBSQLite

/// Turns that a transaction gave or ended in one workload, and rows that began or ceased to wait.
struct TurnChange {
    var turns: Int64 = 0
    var waiting: Int64 = 0
}

/// Ends the turns of rows within one transaction, and lets the next in line go: prepared once, bound in C.
///
/// Made for workloads that have turns; the others never come here. Call `finish()` before the counts of rows
/// are moved.
struct Turns {
    private let db: Database
    private let now: Timestamp
    private var changes: [WorkloadID: TurnChange] = [:]
    private let find: OpaquePointer
    private let leave: OpaquePointer
    private let first: OpaquePointer
    private let call: OpaquePointer

    /// Rows whose turn comes are due at `now`.
    init(_ db: Database, at now: Timestamp) throws {
        self.db = db
        self.now = now
        find = try db.cachedStatement(sql: "SELECT object FROM object_turn WHERE key = ?").sqliteStatement
        leave = try db.cachedStatement(sql: "DELETE FROM object_turn WHERE key = ?").sqliteStatement
        first = try db.cachedStatement(
            sql: "SELECT key FROM object_turn WHERE object = ? ORDER BY place, key LIMIT 1"
        ).sqliteStatement
        call = try db.cachedStatement(
            sql: "UPDATE row_state SET waits = 0, due_at = ? WHERE key = ? AND waits = 1"
        ).sqliteStatement
    }

    /// Ends the row's turn, if it has one: nothing more happens to it.
    mutating func end(_ key: RowKey) throws {
        guard let object = try db.number(find, key.rawValue) else { return }
        try db.run(leave, key.rawValue)
        changes[key.workload, default: TurnChange()].turns -= 1
        guard let next = try db.number(first, object) else { return }
        let workload = RowKey(rawValue: next).workload
        let called = try db.run(call, now.milliseconds, next)
        changes[workload, default: TurnChange()].waiting -= Int64(called)
    }

    /// Ends the turns of a run of rows.
    mutating func end(_ rows: ClosedRange<Int64>, of workload: WorkloadID) throws {
        let keys = try Int64.fetchAll(
            db, sql: "SELECT key FROM object_turn WHERE key BETWEEN ? AND ? ORDER BY key",
            arguments: [
                RowKey(workload, rows.lowerBound).rawValue, RowKey(workload, rows.upperBound).rawValue,
            ])
        for key in keys { try end(RowKey(rawValue: key)) }
    }

    /// Ends turns of a workload that is given up, from row `first` on, but for rows that are at Stripe.
    ///
    /// - Returns: where to go on; nil when none is left.
    mutating func endSome(of workload: WorkloadID, from first: Int64, limit: Int) throws -> Int64? {
        let keys = try Int64.fetchAll(
            db,
            sql: """
                SELECT t.key FROM object_turn t LEFT JOIN row_state r ON r.key = t.key
                WHERE t.key BETWEEN ? AND ? AND coalesce(r.state,
                  (SELECT s.state FROM slice s WHERE s.workload = t.key >> 32
                     AND s.first_row <= t.key & 4294967295 ORDER BY s.first_row DESC LIMIT 1)) <> 1
                ORDER BY t.key LIMIT ?
                """,
            arguments: [
                RowKey(workload, first).rawValue, RowKey(workload, 0xFFFF_FFFF).rawValue, limit,
            ]
        ).map(RowKey.init(rawValue:))
        for key in keys { try end(key) }
        guard keys.count == limit, let last = keys.last else { return nil }
        return last.number + 1
    }

    /// Says that rows of the workload wait no longer because they were canceled.
    mutating func canceled(_ rows: Int, of workload: WorkloadID) {
        changes[workload, default: TurnChange()].waiting -= Int64(rows)
    }

    /// Brings what the workloads count up to date.
    func finish() throws { try db.apply(changes) }
}

/// Where the first row stands that another one waits for.
package struct RowAhead: Hashable, Sendable {
    /// Its workload.
    package var workload: WorkloadID
    /// Its id.
    package var id: String
}

extension Store {
    /// Whether rows of the workload stand in line for an object.
    package func hasTurns(_ workload: WorkloadID) throws -> Bool { try read { try $0.hasTurns(workload) } }

    /// The first row of a workload that waits for its turn, and the row that goes before it; nil when none waits.
    package func firstWaiting(in workload: WorkloadID) throws -> (id: String, ahead: RowAhead)? {
        try read { db in
            let key = try Int64.fetchOne(
                db,
                sql: """
                    SELECT key FROM row_state WHERE key >> 32 = ? AND state = 0 AND due_at IS NULL
                    ORDER BY key LIMIT 1
                    """, arguments: [workload.rawValue])
            guard let key = key.map(RowKey.init(rawValue:)), let ahead = try db.rowAhead(of: key) else {
                return nil
            }
            return (try db.name(of: key) ?? "", ahead)
        }
    }
}

extension Database {
    /// The row at the head of the line in which a row stands.
    func rowAhead(of key: RowKey) throws -> RowAhead? {
        let first = try Int64.fetchOne(
            cachedStatement(
                sql: """
                    SELECT h.key FROM object_turn t JOIN object_turn h ON h.object = t.object
                    WHERE t.key = ? ORDER BY h.place, h.key LIMIT 1
                    """), arguments: [key.rawValue]
        ).map(RowKey.init(rawValue:))
        return try first.map { RowAhead(workload: $0.workload, id: try name(of: $0) ?? "") }
    }

    /// Whether rows of the workload stand in line for an object.
    func hasTurns(_ workload: WorkloadID) throws -> Bool {
        try Bool.fetchOne(
            cachedStatement(sql: "SELECT turns > 0 FROM workload WHERE id = ?"),
            arguments: [workload.rawValue]) ?? false
    }

    /// Changes what workloads count of turns; the schema checks that it fits.
    func apply(_ changes: [WorkloadID: TurnChange]) throws {
        for (workload, change) in changes where change.turns != 0 || change.waiting != 0 {
            try changeOne(
                "UPDATE workload SET turns = turns + ?, waiting = waiting + ? WHERE id = ?",
                [change.turns, change.waiting, workload.rawValue], else: .noWorkload(workload))
        }
    }

    /// Removes a part of what a loading workload has of objects, and lets those go that wait for its rows;
    /// true when none is left.
    func discardObjects(of workload: WorkloadID, limit: Int, at now: Timestamp) throws -> Bool {
        let range: StatementArguments = [
            RowKey(workload, 0).rawValue, RowKey(workload, 0xFFFF_FFFF).rawValue, limit,
        ]
        let keys = try Int64.fetchAll(
            self, sql: "SELECT key FROM object_turn WHERE key BETWEEN ? AND ? ORDER BY key LIMIT ?",
            arguments: range)
        var turns = try Turns(self, at: now)
        for key in keys { try turns.end(RowKey(rawValue: key)) }
        try turns.finish()
        guard keys.isEmpty else { return false }
        try execute(
            sql: """
                DELETE FROM row_state WHERE key IN
                  (SELECT key FROM row_state WHERE key BETWEEN ? AND ? LIMIT ?)
                """, arguments: range)
        guard changesCount == 0 else { return false }
        try execute(sql: "DELETE FROM slice WHERE workload = ?", arguments: [workload.rawValue])
        return try removeBlocks(of: workload, limit: max(1, limit / 100))
    }
}
