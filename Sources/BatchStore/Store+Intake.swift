package import BatchCore
import GRDB
import GRDBSQLite

/// A row on its way into the store.
package struct IntakeRow: Sendable {
    /// Its line, without newline.
    package var line: [UInt8]
    /// Where the id stands in it, and what it brings itself.
    package var scanned: ScannedRow

    /// A row that passed the scanner.
    package init(line: [UInt8], scanned: ScannedRow) {
        self.line = line
        self.scanned = scanned
    }

    var id: ArraySlice<UInt8> { line[scanned.id] }
}

/// A row whose id another row of the workload has already.
package struct DuplicateRow: Hashable, Sendable {
    /// The later row, counted from 0.
    package let number: Int64
    /// The row that has the id, counted from 0.
    package let first: Int64
}

extension Store {
    /// Opens a workload for loading. Nothing of it is promised, and a restart discards it.
    package func beginWorkload(queue: String, name: String, at now: Timestamp) throws -> WorkloadID {
        try write { db in
            try db.execute(
                sql: "INSERT INTO workload (queue, name, state, created_at) VALUES (?, ?, 'loading', ?)",
                arguments: [queue, name, now.milliseconds])
            return WorkloadID(db.lastInsertedRowID)
        }
    }

    /// Appends rows to a loading workload, the first one being row `first`.
    ///
    /// - Returns: the rows that were left out because their id is taken.
    package func appendRows(
        _ rows: [IntakeRow], to workload: WorkloadID, first: Int64
    ) throws -> [DuplicateRow] {
        guard !rows.isEmpty else { return [] }
        return try write { db in
            // The hot loop of intake: prepared once, bound in C, and ids sorted first,
            // because the cost of an index is the random walk through its pages.
            let insertName = try db.cachedStatement(
                sql: "INSERT OR IGNORE INTO row_name (workload, id, number) VALUES (?1, ?2, ?3)"
            ).sqliteStatement
            var duplicates: [DuplicateRow] = []
            for index in rows.indices.sorted(by: { rows[$0].id.lexicographicallyPrecedes(rows[$1].id) }) {
                let number = first + Int64(index)
                sqlite3_bind_int64(insertName, 1, workload.rawValue)
                sqlite3_bind_int64(insertName, 3, number)
                try rows[index].id.withUnsafeBytes {
                    let id = $0.baseAddress?.assumingMemoryBound(to: CChar.self)
                    sqlite3_bind_text(insertName, 2, id, Int32($0.count), nil)
                    try db.stepOnce(insertName)
                }
                if sqlite3_changes(db.sqliteConnection) == 0 {
                    duplicates.append(
                        DuplicateRow(
                            number: number,
                            first: try db.numberOfRow(named: rows[index].id, in: workload) ?? number))
                }
            }
            let insertInput = try db.cachedStatement(
                sql: "INSERT INTO row_input (key, traits, id_at, id_length, line) VALUES (?1, ?2, ?3, ?4, ?5)"
            ).sqliteStatement
            for (index, row) in rows.enumerated() {
                sqlite3_bind_int64(insertInput, 1, RowKey(workload, first + Int64(index)).rawValue)
                sqlite3_bind_int64(insertInput, 2, Int64(row.scanned.traits.rawValue))
                sqlite3_bind_int64(insertInput, 3, Int64(row.scanned.id.lowerBound))
                sqlite3_bind_int64(insertInput, 4, Int64(row.scanned.id.count))
                try row.line.withUnsafeBytes {
                    sqlite3_bind_blob(insertInput, 5, $0.baseAddress, Int32($0.count), nil)
                    try db.stepOnce(insertInput)
                }
            }
            try db.execute(
                sql: "INSERT INTO intake_chunk (workload, first_row, rows, bytes) VALUES (?, ?, ?, ?)",
                arguments: [
                    workload.rawValue, first, rows.count,
                    rows.reduce(0) { $0 + $1.line.count + 1 },
                ])
            return duplicates.sorted { $0.number < $1.number }
        }
    }

    /// Accepts a loaded workload: from here on every row of it is promised.
    ///
    /// - Throws: `StoreError.duplicateContent` when the queue has the same content already, unless allowed;
    ///   `keyTaken` when another workload of the queue has the submission key. The workload stays loading then.
    package func accept(
        _ workload: WorkloadID, rows: Int64, bytes: Int64, sha256: Digest, key: String?,
        allowDuplicate: Bool, at now: Timestamp
    ) throws {
        try write { db in
            let queue = try String.fetchOne(
                db, sql: "SELECT queue FROM workload WHERE id = ?", arguments: [workload.rawValue])
            if let key,
                let taken = try Int64.fetchOne(
                    db, sql: "SELECT id FROM workload WHERE queue = ? AND submit_key = ?",
                    arguments: [queue, key])
            {
                throw StoreError.keyTaken(WorkloadID(taken))
            }
            if !allowDuplicate,
                let same = try Int64.fetchOne(
                    db,
                    sql: """
                        SELECT id FROM workload WHERE queue = ? AND source_sha256 = ? AND state <> 'canceled'
                        ORDER BY id LIMIT 1
                        """,
                    arguments: [queue, sha256.data])
            {
                throw StoreError.duplicateContent(WorkloadID(same))
            }
            try db.changeOne(
                """
                UPDATE workload SET state = 'queued', submit_key = ?, source_bytes = ?, source_sha256 = ?,
                  total = ?, queued = ? WHERE id = ? AND state = 'loading'
                """,
                [key, bytes, sha256.data, rows, rows, workload.rawValue], else: .noWorkload(workload))
            try db.execute(
                sql: "INSERT INTO slice (workload, first_row, last_row, state) VALUES (?, 0, ?, 0)",
                arguments: [workload.rawValue, rows - 1])
            try db.note(
                "accepted", at: now, workload: workload, "\(rows) rows, \(bytes) bytes, SHA-256 \(sha256)")
        }
    }

    /// The workload that was submitted with this key, and its content's digest.
    package func workload(submittedWith key: String, to queue: String) throws -> (WorkloadID, Digest)? {
        try read { db in
            try Row.fetchOne(
                db, sql: "SELECT id, source_sha256 FROM workload WHERE queue = ? AND submit_key = ?",
                arguments: [queue, key]
            ).map { (WorkloadID($0["id"]), try Digest(stored: $0["source_sha256"])) }
        }
    }

    /// Workloads that were loading when the process ended.
    package func unfinishedLoads() throws -> [WorkloadID] {
        try read { db in
            try Int64.fetchAll(db, sql: "SELECT id FROM workload WHERE state = 'loading'").map(
                WorkloadID.init)
        }
    }

    /// Removes up to `limit` rows of a workload that was never accepted, and at last the workload.
    ///
    /// - Returns: true when nothing is left of it. Call again otherwise: many short transactions, so that
    ///   nobody waits for one long one.
    package func discardSome(of workload: WorkloadID, limit: Int = 20_000) throws -> Bool {
        try write { db in
            let range: StatementArguments = [
                RowKey(workload, 0).rawValue, RowKey(workload, 0xFFFF_FFFF).rawValue, limit,
            ]
            try db.execute(
                sql: """
                    DELETE FROM row_input WHERE key IN
                      (SELECT key FROM row_input WHERE key BETWEEN ? AND ? LIMIT ?)
                    """, arguments: range)
            let inputs = db.changesCount
            try db.execute(
                sql: """
                    DELETE FROM row_name WHERE workload = ?1 AND id IN
                      (SELECT id FROM row_name WHERE workload = ?1 LIMIT ?2)
                    """, arguments: [workload.rawValue, limit])
            guard inputs == 0, db.changesCount == 0 else { return false }
            try db.execute(sql: "DELETE FROM intake_chunk WHERE workload = ?", arguments: [workload.rawValue])
            try db.execute(
                sql: "DELETE FROM workload WHERE id = ? AND state = 'loading'", arguments: [workload.rawValue]
            )
            return true
        }
    }
}

extension Database {
    /// Runs a statement that returns nothing, and makes it ready for the next binds.
    func stepOnce(_ statement: OpaquePointer) throws {
        let code = sqlite3_step(statement)
        sqlite3_reset(statement)
        guard code == SQLITE_DONE else {
            throw DatabaseError(
                resultCode: ResultCode(rawValue: code),
                message: String(cString: sqlite3_errmsg(sqliteConnection)))
        }
    }

    /// The place of the row with this id, or nil.
    func numberOfRow(named id: ArraySlice<UInt8>, in workload: WorkloadID) throws -> Int64? {
        try Int64.fetchOne(
            cachedStatement(sql: "SELECT number FROM row_name WHERE workload = ? AND id = ?"),
            arguments: [workload.rawValue, String(decoding: id, as: UTF8.self)])
    }
}
