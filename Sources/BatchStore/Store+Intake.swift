package import BatchCore
import GRDB
import GRDBSQLite

/// Rows on their way into the store: their lines in one buffer, so that a row costs no allocation.
package struct IntakeChunk: Sendable {
    /// One row: where its line and its id stand in the buffer.
    struct Entry {
        var line: Range<Int>
        var id: Range<Int>
        var traits: RowTraits
        var object: ObjectKey?
    }

    private(set) var bytes: [UInt8] = []
    private(set) var entries: [Entry] = []

    /// No rows.
    package init() {}

    /// No rows, with room for as many as `other` has.
    package init(roomFor other: IntakeChunk) {
        bytes.reserveCapacity(other.bytes.count)
        entries.reserveCapacity(other.entries.count)
    }

    /// Bytes of all lines.
    package var byteCount: Int { bytes.count }
    /// How many rows it holds.
    package var rowCount: Int { entries.count }

    /// Adds a line that passed the scanner.
    package mutating func append(_ line: UnsafeBufferPointer<UInt8>, _ row: ScannedRow) {
        let start = bytes.count
        bytes.append(contentsOf: line)
        entries.append(
            Entry(
                line: start..<bytes.count, id: start + row.id.lowerBound..<start + row.id.upperBound,
                traits: row.traits, object: row.object))
    }

    /// Empties it, keeping its memory.
    package mutating func removeAll() {
        bytes.removeAll(keepingCapacity: true)
        entries.removeAll(keepingCapacity: true)
    }
}

extension Store {
    /// Opens a workload for loading. Nothing of it is promised, and a restart discards it.
    ///
    /// `family` is that of its endpoint: workloads of one family may have objects in common.
    /// - Parameter isTrial: it is only checked, and never accepted. Its id is below 0, so it uses up none.
    package func beginWorkload(
        queue: String, name: String, family: String? = nil, priority: Int64 = 0,
        startAfter: Timestamp? = nil, isTrial: Bool = false, at now: Timestamp
    ) throws -> WorkloadID {
        try write { db in
            try db.execute(
                sql: """
                    INSERT INTO workload (id, queue, name, state, family, priority, start_after, created_at)
                    VALUES (iif(?, (SELECT min(coalesce(min(id), 0), 0) - 1 FROM workload), NULL),
                      ?, ?, 'loading', ?, ?, ?, ?)
                    """,
                arguments: [
                    isTrial, queue, name, family, priority, startAfter?.milliseconds, now.milliseconds,
                ])
            return WorkloadID(db.lastInsertedRowID)
        }
    }

    /// Appends rows to a loading workload, the first one being row `first`.
    ///
    /// - Throws: `StoreError.wrongState` when the workload was accepted, `noWorkload` when it was discarded.
    package func appendRows(_ chunk: IntakeChunk, to workload: WorkloadID, first: Int64) throws {
        guard chunk.rowCount > 0 else { return }
        try write { db in
            guard try db.isLoading(workload) else { throw StoreError.noWorkload(workload) }
            try chunk.bytes.withUnsafeBytes {
                try db.insertNames(chunk.entries, in: $0, of: workload, first: first)
                try db.insertInputs(chunk.entries, in: $0, of: workload, first: first)
            }
            try db.execute(
                sql: "INSERT INTO intake_chunk (workload, first_row, rows, bytes) VALUES (?, ?, ?, ?)",
                arguments: [workload.rawValue, first, chunk.rowCount, chunk.byteCount + chunk.rowCount])
        }
    }

    /// Accepts a loaded workload: from here on every row of it is promised. `duplicateRows` has found none before.
    ///
    /// - Throws: `StoreError.duplicateContent` when the queue has the same content already, unless allowed;
    ///   `keyTaken` when another workload of the queue has the submission key; `inconsistent` when not exactly
    ///   rows 0 to `rows` - 1 are stored. The workload stays loading then.
    /// - Parameter stored: size and digest of the lines as they are stored, when that is not what was submitted.
    /// - Parameter laidOut: how many rows `layOut` has dealt with already.
    package func accept(
        _ workload: WorkloadID, rows: Int64, bytes: Int64, sha256: Digest,
        stored: (bytes: Int64, sha256: Digest)? = nil, key: String?, allowDuplicate: Bool,
        laidOut: Int64 = 0, at now: Timestamp
    ) throws {
        try write { db in
            try db.refuseRepeated(workload, sha256: sha256, key: key, allowDuplicate: allowDuplicate)
            // Chunks cannot overlap, because rows cannot: this many rows up to here means every one, once.
            let isWhole = try Bool.fetchOne(
                db,
                sql: """
                    SELECT sum(rows) = ?2 AND max(first_row + rows) = ?2 FROM intake_chunk WHERE workload = ?1
                    """, arguments: [workload.rawValue, rows])
            guard isWhole == true else {
                throw StoreError.inconsistent("\(workload) does not hold the \(rows) rows it should")
            }
            try db.changeOne(
                """
                UPDATE workload SET state = 'queued', submit_key = ?, source_bytes = ?, source_sha256 = ?,
                  stored_bytes = ?, stored_sha256 = ?, total = ?, queued = ? WHERE id = ? AND state = 'loading'
                """,
                [
                    key, bytes, sha256.data, stored?.bytes, stored?.sha256.data, rows, rows,
                    workload.rawValue,
                ], else: .noWorkload(workload))
            _ = try db.layOut(workload, laidOut..<rows, at: now, limit: .max)
            try db.note(
                "accepted", at: now, workload: workload, "\(rows) rows, \(bytes) bytes, SHA-256 \(sha256)")
        }
    }

    /// Refuses content or a key that the queue has had before.
    ///
    /// - Throws: `StoreError.duplicateContent`, `keyTaken`.
    package func requireNew(
        _ workload: WorkloadID, sha256: Digest, key: String?, allowDuplicate: Bool
    ) throws {
        try read { db in
            try db.refuseRepeated(workload, sha256: sha256, key: key, allowDuplicate: allowDuplicate)
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
    /// From the first call on it cannot be accepted any more.
    /// - Returns: true when nothing is left of it. Call again otherwise: many short transactions, so that
    ///   nobody waits for one long one.
    /// - Throws: `StoreError.wrongState` when it was accepted: its rows are promised.
    package func discardSome(
        of workload: WorkloadID, limit: Int = 20_000, at now: Timestamp
    ) throws -> Bool {
        try write { db in
            guard try db.isLoading(workload) else { return true }
            try db.execute(sql: "DELETE FROM intake_chunk WHERE workload = ?", arguments: [workload.rawValue])
            guard try db.discardObjects(of: workload, limit: limit, at: now) else { return false }
            let range: StatementArguments = [
                RowKey(workload, 0).rawValue, RowKey(workload, 0xFFFF_FFFF).rawValue, limit,
            ]
            try db.execute(
                sql: """
                    DELETE FROM row_input WHERE key IN
                      (SELECT key FROM row_input WHERE key BETWEEN ? AND ? LIMIT ?)
                    """, arguments: range)
            let inputs = db.changesCount
            guard try db.removeNames(of: workload, limit: max(1, limit / 100)), inputs == 0 else {
                return false
            }
            try db.execute(
                sql: "DELETE FROM workload WHERE id = ? AND state = 'loading'", arguments: [workload.rawValue]
            )
            return true
        }
    }
}

extension Database {
    /// Refuses a submission whose key or content its queue has already.
    func refuseRepeated(
        _ workload: WorkloadID, sha256: Digest, key: String?, allowDuplicate: Bool
    ) throws {
        let queue = try String.fetchOne(
            self, sql: "SELECT queue FROM workload WHERE id = ?", arguments: [workload.rawValue])
        if let key,
            let taken = try Int64.fetchOne(
                self, sql: "SELECT id FROM workload WHERE queue = ? AND submit_key = ?",
                arguments: [queue, key])
        {
            throw StoreError.keyTaken(WorkloadID(taken))
        }
        if !allowDuplicate,
            let same = try Int64.fetchOne(
                self,
                sql: """
                    SELECT id FROM workload WHERE queue = ? AND source_sha256 = ? AND state <> 'canceled'
                    ORDER BY id LIMIT 1
                    """,
                arguments: [queue, sha256.data])
        {
            throw StoreError.duplicateContent(WorkloadID(same))
        }
    }

    /// True while the workload's rows are arriving; false when there is none, or none any more.
    ///
    /// - Throws: `StoreError.wrongState` when it was accepted.
    func isLoading(_ workload: WorkloadID) throws -> Bool {
        let word = try String.fetchOne(
            self, sql: "SELECT state FROM workload WHERE id = ?", arguments: [workload.rawValue])
        guard let word else { return false }
        guard word == WorkloadState.loading.rawValue else {
            throw StoreError.wrongState(workload, WorkloadState(rawValue: word) ?? .held)
        }
        return true
    }
}

// The hot loop of intake: prepared once, bound in C.
extension Database {
    fileprivate func insertInputs(
        _ entries: [IntakeChunk.Entry], in bytes: UnsafeRawBufferPointer, of workload: WorkloadID,
        first: Int64
    ) throws {
        let insert = try cachedStatement(
            sql: "INSERT INTO row_input (key, traits, id_at, id_length, line) VALUES (?1, ?2, ?3, ?4, ?5)"
        ).sqliteStatement
        for (index, entry) in entries.enumerated() {
            let line = UnsafeRawBufferPointer(rebasing: bytes[entry.line])
            sqlite3_bind_int64(insert, 1, RowKey(workload, first + Int64(index)).rawValue)
            sqlite3_bind_int64(insert, 2, Int64(entry.traits.rawValue))
            sqlite3_bind_int64(insert, 3, Int64(entry.id.lowerBound - entry.line.lowerBound))
            sqlite3_bind_int64(insert, 4, Int64(entry.id.count))
            sqlite3_bind_blob(insert, 5, line.baseAddress, Int32(line.count), nil)
            try stepOnce(insert)
        }
    }

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
}
