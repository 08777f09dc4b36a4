package import BatchCore
import GRDB

extension Store {
    /// Rows with states of their own that are claimed in one transaction: bounded, so that it stays short.
    fileprivate static let mostRetriesPerBatch: Int64 = 50_000
    /// What staging may add to a line in bytes: a context, an API version, the newline.
    fileprivate static let addedBytesPerRow: Int64 = 128

    /// When the workload next has rows to send: `now` or earlier for rows that wait already, later for rows
    /// that go again, nil when it has none, or only rows whose turn has not come.
    package func nextDue(in workload: WorkloadID) throws -> Timestamp? {
        try read { db in
            if try Bool.fetchOne(
                db.cachedStatement(
                    sql: "SELECT EXISTS (SELECT 1 FROM slice WHERE workload = ? AND state = 0)"),
                arguments: [workload.rawValue]) == true
            {
                return Timestamp(milliseconds: 0)
            }
            return try Int64.fetchOne(
                db.cachedStatement(
                    sql: """
                        SELECT due_at FROM row_state WHERE key >> 32 = ? AND state = 0 AND due_at >= 0
                        ORDER BY due_at LIMIT 1
                        """), arguments: [workload.rawValue]
            ).map { Timestamp(milliseconds: $0) }
        }
    }

    /// Claims rows for a new batch: those that are due by themselves first, to go again or because their turn
    /// has come, then runs of rows never sent, in submission order.
    ///
    /// Claiming never-sent rows costs the same for one and for a million: a slice changes hands.
    /// - Returns: the batch in phase `staging`, or nil when no row is due, or when the workload begins nothing
    ///   new: it is held, canceled, or over.
    package func claim(
        from workload: WorkloadID, policy: QueuePolicy, size: BatchSize, at now: Timestamp
    ) throws -> Batch? {
        try write { db in
            let isOpen = try Bool.fetchOne(
                db.cachedStatement(
                    sql: """
                        SELECT state IN ('queued', 'running') AND cancel_wanted = 0
                          AND coalesce(start_after, 0) <= ?2 FROM workload WHERE id = ?1
                        """), arguments: [workload.rawValue, now.milliseconds])
            guard isOpen == true else { return nil }
            try db.wakeRows(of: workload, latest: now + policy.retry.maxDelay, at: now)
            // Rows under suspicion travel among themselves, in halves of the file that was refused.
            let ceiling = try db.suspectCeiling(of: workload, at: now)
            var room = Room(rows: min(size.rows, ceiling ?? .max), bytes: size.bytes, ceiling: ceiling)
            let again = try db.dueRows(
                of: workload, at: now, limit: min(room.rows, Self.mostRetriesPerBatch), room: &room)
            let fresh = try db.freshRuns(of: workload, alone: again.isEmpty, room: &room)
            let rows = Int64(again.count) + fresh.reduce(0) { $0 + Int64($1.count) }
            guard rows > 0 else { return nil }
            try db.execute(
                sql: """
                    INSERT INTO batch (workload, queue, account, rows, row_limit, phase, api_version, context,
                      created_at, changed_at, not_before)
                    VALUES (?, ?, ?, ?, ?, 'staging', ?, ?, ?, ?, ?)
                    """,
                arguments: [
                    workload.rawValue, policy.name, policy.account.name, rows, room.bound(size).rawValue,
                    policy.account.apiVersion,
                    policy.context, now.milliseconds, now.milliseconds, now.milliseconds,
                ])
            let batch = BatchID(db.lastInsertedRowID)
            let claim = try db.cachedStatement(
                sql: "UPDATE row_state SET state = 1, due_at = NULL, batch = ? WHERE key = ? AND state = 0"
            ).sqliteStatement
            for key in again { try db.run(claim, batch.rawValue, key) }
            for run in fresh { try db.claim(run, of: workload, for: batch) }
            var moves = RowMoves()
            moves.add(rows, from: .queued, to: .inFlight)
            try db.move(moves, in: workload)
            try db.execute(
                sql: """
                    UPDATE workload SET state = 'running', started_at = coalesce(started_at, ?)
                    WHERE id = ? AND state = 'queued'
                    """, arguments: [now.milliseconds, workload.rawValue])
            try db.note("staging", at: now, workload: workload, batch: batch, "\(rows) rows claimed")
            return Batch(
                id: batch, workload: workload, queue: policy.name, account: policy.account.name, rows: rows,
                apiVersion: policy.account.apiVersion, context: policy.context, phase: .staging,
                notBefore: now,
                aliveAt: now)
        }
    }

    /// Into which batches the rows of a workload that is loading would be cut: `size` sizes each one, from 0.
    ///
    /// At most `limit` of them; the caller guesses at the rest.
    package func plannedJobs(
        of workload: WorkloadID, rows: Int64, limit: Int = 5_000, size: (Int) -> BatchSize
    ) throws -> [PlannedJob] {
        try read { db in
            var jobs: [PlannedJob] = []
            var first: Int64 = 0
            while first < rows, jobs.count < limit {
                let size = size(jobs.count)
                var room = Room(rows: size.rows, bytes: size.bytes)
                let run = first...min(rows - 1, first + size.rows - 1)
                let fitting = try max(1, db.rowsThatFit(workload, run, room: &room))
                let isLast = first + fitting == rows
                jobs.append(
                    PlannedJob(
                        rows: fitting, bytes: size.bytes - room.bytes, limit: isLast ? nil : room.bound(size))
                )
                first += fitting
            }
            return jobs
        }
    }

    fileprivate struct Room {
        var rows: Int64
        var bytes: Int64
        /// The most rows under this suspicion, when they are wanted and no others.
        var ceiling: Int64?
        var fullOfBytes = false

        func bound(_ size: BatchSize) -> BatchSize.Limit {
            if fullOfBytes { return size.byteLimit }
            return ceiling ?? .max < size.rows ? .bisection : size.rowLimit
        }
    }
}

extension Database {
    /// Makes rows due that wait longer than any row has to: then the clock was set back.
    fileprivate func wakeRows(of workload: WorkloadID, latest: Timestamp, at now: Timestamp) throws {
        try cachedStatement(
            sql: """
                UPDATE row_state SET due_at = ?3 WHERE key IN (SELECT key FROM row_state
                  WHERE key >> 32 = ?1 AND state = 0 AND due_at > ?2 LIMIT ?4)
                """
        ).execute(arguments: [
            workload.rawValue, latest.milliseconds, now.milliseconds, Store.mostRetriesPerBatch,
        ])
    }

    /// The smallest group of rows under suspicion that waits; nil when there is none.
    fileprivate func suspectCeiling(of workload: WorkloadID, at now: Timestamp) throws -> Int64? {
        try Int64.fetchOne(
            cachedStatement(
                sql: """
                    SELECT min(suspect) FROM (
                      SELECT suspect FROM slice WHERE workload = ?1 AND state = 0 AND suspect IS NOT NULL
                      UNION ALL
                      SELECT suspect FROM row_state
                      WHERE key >> 32 = ?1 AND state = 0 AND suspect IS NOT NULL AND due_at <= ?2)
                    """), arguments: [workload.rawValue, now.milliseconds])
    }

    /// Rows that are due by themselves, oldest due first, as far as there is room.
    fileprivate func dueRows(
        of workload: WorkloadID, at now: Timestamp, limit: Int64, room: inout Store.Room
    ) throws -> [Int64] {
        let due = try Row.fetchCursor(
            self,
            sql: """
                SELECT r.key, length(i.line) FROM row_state r JOIN row_input i ON i.key = r.key
                WHERE r.key >> 32 = ? AND r.state = 0 AND r.due_at <= ? AND r.suspect IS ?
                ORDER BY r.due_at, r.key LIMIT ?
                """, arguments: [workload.rawValue, now.milliseconds, room.ceiling, limit])
        var keys: [Int64] = []
        while let row = try due.next() {
            let bytes: Int64 = row[1] + Store.addedBytesPerRow
            guard bytes <= room.bytes || keys.isEmpty else {
                room.fullOfBytes = true
                break
            }
            keys.append(row[0])
            room.bytes -= bytes
            room.rows -= 1
        }
        return keys
    }

    /// Runs of rows never sent, as far as there is room.
    ///
    /// At least one row, if nothing else was claimed: a limit that is too small must not stop the workload.
    fileprivate func freshRuns(
        of workload: WorkloadID, alone: Bool, room: inout Store.Room
    ) throws -> [ClosedRange<Int64>] {
        let slices = try Row.fetchCursor(
            self,
            sql: """
                SELECT first_row, last_row FROM slice WHERE workload = ? AND state = 0 AND suspect IS ?
                ORDER BY first_row
                """, arguments: [workload.rawValue, room.ceiling])
        var runs: [ClosedRange<Int64>] = []
        while room.rows > 0, !room.fullOfBytes, let slice = try slices.next() {
            let first: Int64 = slice["first_row"]
            let last = min(slice["last_row"], first + room.rows - 1)
            var count = try rowsThatFit(workload, first...last, room: &room)
            if count == 0, alone, runs.isEmpty { count = 1 }
            guard count > 0 else { break }
            runs.append(first...(first + count - 1))
            room.rows -= count
        }
        return runs
    }

    /// How many of these rows fit into the bytes left: whole intake chunks by their sums, rows of the others
    /// one by one.
    fileprivate func rowsThatFit(
        _ workload: WorkloadID, _ run: ClosedRange<Int64>, room: inout Store.Room
    ) throws -> Int64 {
        let chunks = try Row.fetchCursor(
            self,
            sql: """
                SELECT first_row, rows, bytes FROM intake_chunk
                WHERE workload = ?1 AND first_row <= ?3 AND first_row >=
                  (SELECT max(first_row) FROM intake_chunk WHERE workload = ?1 AND first_row <= ?2)
                ORDER BY first_row
                """, arguments: [workload.rawValue, run.lowerBound, run.upperBound])
        var fitting: Int64 = 0
        while let chunk = try chunks.next() {
            let all: ClosedRange<Int64> = chunk["first_row"]...(chunk["first_row"] + chunk["rows"] - 1)
            let bytes: Int64 = chunk["bytes"] + chunk["rows"] * Store.addedBytesPerRow
            if run.contains(all.lowerBound), run.contains(all.upperBound), bytes <= room.bytes {
                room.bytes -= bytes
                fitting += Int64(all.count)
            } else {
                fitting += try linesThatFit(workload, run.clamped(to: all), room: &room)
                if room.fullOfBytes { break }
            }
        }
        return fitting
    }

    private func linesThatFit(
        _ workload: WorkloadID, _ run: ClosedRange<Int64>, room: inout Store.Room
    ) throws -> Int64 {
        let lines = try Row.fetchCursor(
            self, sql: "SELECT length(line) FROM row_input WHERE key BETWEEN ? AND ? ORDER BY key",
            arguments: [
                RowKey(workload, run.lowerBound).rawValue, RowKey(workload, run.upperBound).rawValue,
            ])
        var fitting: Int64 = 0
        while let line = try lines.next() {
            let bytes: Int64 = line[0] + Store.addedBytesPerRow
            guard bytes <= room.bytes else {
                room.fullOfBytes = true
                break
            }
            room.bytes -= bytes
            fitting += 1
        }
        return fitting
    }

    /// Gives the run to the batch; what is left of its slice stays queued.
    fileprivate func claim(_ run: ClosedRange<Int64>, of workload: WorkloadID, for batch: BatchID) throws {
        let slice = try Row.fetchOne(
            self,
            sql: "SELECT last_row, suspect FROM slice WHERE workload = ? AND first_row = ? AND state = 0",
            arguments: [workload.rawValue, run.lowerBound])
        let last: Int64 = slice?["last_row"] ?? run.upperBound
        try changeOne(
            "UPDATE slice SET last_row = ?, state = 1, batch = ? WHERE workload = ? AND first_row = ? AND state = 0",
            [run.upperBound, batch.rawValue, workload.rawValue, run.lowerBound],
            else: .inconsistent("a queued slice of \(workload) is gone"))
        if last > run.upperBound {
            try execute(
                sql:
                    "INSERT INTO slice (workload, first_row, last_row, state, suspect) VALUES (?, ?, ?, 0, ?)",
                arguments: [workload.rawValue, run.upperBound + 1, last, slice?["suspect"] as Int64?])
        }
    }
}
