package import BatchCore
import GRDB

/// A row whose object another row has too.
package struct SharingRow: Hashable, Sendable {
    /// The object.
    package var object: ObjectKey
    /// The row.
    package var key: RowKey
    /// True when the other row belongs to the same workload.
    package var isSharedWithin: Bool
}

/// Finds the objects that a workload has twice, or has in common with those that were submitted before it.
///
/// It reads both sides once, in order; where one is small, it leaps over most of the other. It may run for
/// seconds, beside everything else: it holds no transaction, and what it found may be outdated when it is
/// acted on. `Store.lineUp` looks again.
package struct ObjectComparison: Sendable {
    private static let entriesPerPiece = 200_000
    private let workload: WorkloadID
    private var own: MergedRuns
    private var others: MergedRuns
    /// The object that is being looked at, and whether more than one row has it.
    private var current: (object: Int64, inOthers: Bool, within: Bool)?

    /// Compares a sealed workload.
    package init(of workload: WorkloadID, in store: Store) throws {
        self.workload = workload
        own = try MergedRuns(store, of: [workload])
        let rivals = try store.read { db in
            try Int64.fetchAll(
                db,
                sql: """
                    SELECT r.id FROM workload w JOIN workload r ON r.family = w.family AND r.place < w.place
                    WHERE w.id = ? AND r.state NOT IN ('finished', 'canceled') ORDER BY r.place
                    """, arguments: [workload.rawValue])
        }
        others = try MergedRuns(store, of: rivals.map { WorkloadID($0) })
    }

    /// Goes on for a bounded time.
    ///
    /// - Returns: rows that share their object: of each object first those of other workloads, then this one's
    ///   in order. About `limit`, often none; nil at the end.
    package mutating func next(limit: Int = 10_000) throws -> [SharingRow]? {
        guard own.object != nil else { return nil }
        var found: [SharingRow] = []
        var looked = 0
        while let object = own.object, found.count < limit, looked < Self.entriesPerPiece {
            looked += 1
            if current?.object != object {
                current = (object, false, false)
                try others.skip(to: object)
            }
            if others.object == object {
                current?.inOthers = true
                found.append(
                    SharingRow(
                        object: ObjectKey(rawValue: object), key: try others.next(), isSharedWithin: false))
                continue
            }
            let key = try own.next()
            if own.object == object { current?.within = true }
            if let current, current.inOthers || current.within {
                found.append(
                    SharingRow(
                        object: ObjectKey(rawValue: object), key: key, isSharedWithin: current.within))
            }
        }
        return found
    }
}

extension Store {
    /// Gives a workload whose rows are all stored its place among the submissions: rows for the same object
    /// go in the order of places. It cannot be accepted without one.
    ///
    /// - Throws: `StoreError.duplicateContent` and `keyTaken` as `accept` does, before anything is compared;
    ///   `noWorkload` when it was discarded.
    package func seal(
        _ workload: WorkloadID, sha256: Digest, key: String?, allowDuplicate: Bool
    ) throws {
        try write { db in
            try db.refuseRepeated(workload, sha256: sha256, key: key, allowDuplicate: allowDuplicate)
            try db.changeOne(
                "UPDATE workload SET place = ? WHERE id = ? AND state = 'loading'",
                [db.nextPlace(), workload.rawValue], else: .noWorkload(workload))
        }
    }

    /// Puts rows that share an object in line: those of other workloads that may still be sent, and behind
    /// them those of this one, which wait. Pieces of one comparison go in their order.
    ///
    /// - Throws: `StoreError.wrongState` when the workload was accepted, `noWorkload` when it was discarded.
    package func lineUp(_ rows: [SharingRow], of workload: WorkloadID) throws {
        try write { db in
            guard try db.isLoading(workload) else { throw StoreError.noWorkload(workload) }
            var line = try Line(db)
            var waiting: [RowKey] = []
            for row in rows {
                if row.key.workload != workload {
                    if try line.mayBeSent(row.key) { try line.enter(row) }
                } else if try line.isTaken(before: row) {
                    try line.enter(row)
                    waiting.append(row.key)
                } else if row.isSharedWithin {
                    try line.enter(row)
                }
            }
            let wait = try db.cachedStatement(
                sql: "INSERT INTO row_state (key, state, waits, attempts, doubts) VALUES (?, 0, 1, 0, 0)"
            ).sqliteStatement
            for key in waiting.sorted() { try db.run(wait, key.rawValue) }
            line.changes[workload, default: TurnChange()].waiting += Int64(waiting.count)
            try db.apply(line.changes)
        }
    }

    /// Gives rows of a loading workload their states around those that wait, from row `first` on, as many as
    /// one short transaction can.
    ///
    /// - Returns: the first row that is left; `rows` at the end.
    package func layOut(
        _ workload: WorkloadID, from first: Int64, rows: Int64, at now: Timestamp, limit: Int = 20_000
    ) throws -> Int64 {
        try write { db in
            guard try db.isLoading(workload) else { throw StoreError.noWorkload(workload) }
            return try db.layOut(workload, first..<rows, at: now, limit: limit)
        }
    }
}

/// Enters rows into the lines before their objects, within one transaction: prepared once, bound in C.
struct Line {
    var changes: [WorkloadID: TurnChange] = [:]
    private let db: Database
    private let insert: OpaquePointer
    private let look: OpaquePointer
    private let ahead: OpaquePointer
    private var places: [WorkloadID: (place: Int64, cancels: Bool)?] = [:]

    init(_ db: Database) throws {
        self.db = db
        insert = try db.cachedStatement(
            sql: "INSERT OR IGNORE INTO object_turn (object, place, key) VALUES (?, ?, ?)"
        ).sqliteStatement
        look = try db.cachedStatement(
            sql: """
                SELECT coalesce(
                  (SELECT state FROM row_state WHERE key = ?1),
                  (SELECT state FROM slice WHERE workload = ?1 >> 32 AND first_row <= ?1 & 4294967295
                   ORDER BY first_row DESC LIMIT 1), 0)
                """
        ).sqliteStatement
        ahead = try db.cachedStatement(
            sql: "SELECT 1 FROM object_turn WHERE object = ? AND (place, key) < (?, ?) LIMIT 1"
        ).sqliteStatement
    }

    /// True unless nothing more can happen to the row.
    mutating func mayBeSent(_ key: RowKey) throws -> Bool {
        guard let workload = try open(key.workload) else { return false }
        switch try db.number(look, key.rawValue).flatMap({ RowState(rawValue: Int($0)) }) {
        case .queued, .inFlight: return true
        // A person may send it again, unless the workload is given up.
        case .held: return !workload.cancels
        case .succeeded, .failed, .canceled, nil: return false
        }
    }

    mutating func isTaken(before row: SharingRow) throws -> Bool {
        guard let workload = try open(row.key.workload) else { return false }
        return try db.number(ahead, row.object.rawValue, workload.place, row.key.rawValue) != nil
    }

    mutating func enter(_ row: SharingRow) throws {
        guard let workload = try open(row.key.workload) else { return }
        let entered = try db.run(insert, row.object.rawValue, workload.place, row.key.rawValue)
        changes[row.key.workload, default: TurnChange()].turns += Int64(entered)
    }

    /// The workload, unless it is over or gone.
    private mutating func open(_ workload: WorkloadID) throws -> (place: Int64, cancels: Bool)? {
        if let known = places[workload] { return known }
        let found = try Row.fetchOne(
            db,
            sql: """
                SELECT place, cancel_wanted FROM workload WHERE id = ? AND place IS NOT NULL
                  AND state NOT IN ('finished', 'canceled')
                """, arguments: [workload.rawValue]
        ).map { (place: $0["place"] as Int64, cancels: $0["cancel_wanted"] as Bool) }
        places[workload] = .some(found)
        return found
    }
}

extension Database {
    /// The place behind everybody who has one.
    func nextPlace() throws -> Int64 {
        try Int64.fetchOne(
            self,
            sql: "SELECT max(coalesce(max(place), 0), coalesce(max(late_place), 0)) + 1 FROM workload") ?? 1
    }

    /// Runs between rows with a state of their own become slices; the shorter ones get states of their own too,
    /// because many tiny slices are slow to claim and to search.
    func layOut(
        _ workload: WorkloadID, _ rows: Range<Int64>, at now: Timestamp, limit: Int
    ) throws -> Int64 {
        guard !rows.isEmpty else { return rows.upperBound }
        let shortestSlice: Int64 = 256
        let own = try Int64.fetchAll(
            self, sql: "SELECT key FROM row_state WHERE key BETWEEN ? AND ? ORDER BY key LIMIT ?",
            arguments: [
                RowKey(workload, rows.lowerBound).rawValue, RowKey(workload, rows.upperBound - 1).rawValue,
                limit,
            ]
        ).map { RowKey(rawValue: $0).number }
        let addSlice = try cachedStatement(
            sql: "INSERT INTO slice (workload, first_row, last_row, state) VALUES (?, ?, ?, 0)")
        let addRow = try cachedStatement(
            sql: "INSERT INTO row_state (key, state, attempts, doubts, due_at) VALUES (?, 0, 0, 0, ?)"
        ).sqliteStatement
        var next = rows.lowerBound
        var written = 0
        for end in own + (own.count < limit ? [rows.upperBound] : []) {
            if end - next >= shortestSlice || (own.isEmpty && next == 0) {
                try addSlice.execute(arguments: [workload.rawValue, next, end - 1])
                written += 1
            } else {
                for number in next..<end {
                    try run(addRow, RowKey(workload, number).rawValue, now.milliseconds)
                    written += 1
                }
            }
            next = end + 1
            if written >= limit { break }
        }
        return min(next, rows.upperBound)
    }
}
