package import BatchCore
import GRDB
import GRDBSQLite

/// What one chunk of settling did.
package struct SettleTally: Hashable, Sendable {
    /// Rows that were settled.
    package var rows: Int64 = 0
    /// Lines that name no row of this batch, or one that is settled already.
    package var odd: Int64 = 0
    /// True when a result said that the key itself is at fault: the workload is held.
    package var isHeld = false
    /// True when nothing is left to do.
    package var isComplete = false
}

extension Store {
    /// Settles the rows named by a run of result lines, and remembers how far the file is settled.
    ///
    /// `decide` weighs a result; `dueBase` is the moment from which pauses count, the same for the whole
    /// batch. `odd` counts lines of the run that could not be read.
    /// - Throws: `StoreError.staleTransition` when settling no longer stands at byte `offset`.
    package func settle(
        _ lines: [ResultLine], odd: Int64, of batch: Batch, from offset: Int64, to newOffset: Int64,
        dueBase: Timestamp, at now: Timestamp, decide: (ResultLine, RowHistory) -> RowDecision
    ) throws -> SettleTally {
        try write { db in
            var tally = SettleTally(odd: odd)
            var writer = try RowWriter(db, batch: batch, dueBase: dueBase, now: now)
            // Sorted by id, the lookups walk through the index instead of jumping about in it.
            for line in lines.sorted(by: { $0.id < $1.id }) {
                guard let key = try writer.key(named: line.id), let history = try writer.history(of: key)
                else {
                    tally.odd += 1
                    continue
                }
                let decision =
                    try line.verdict == .unknown
                    ? writer.weigh(key, history) { decide(line, $0) } : decide(line, history)
                if decision == .systemic, !tally.isHeld {
                    let code = line.error?.code.map { " \($0)" } ?? ""
                    tally.isHeld = try db.hold(
                        batch.workload,
                        reason: "not_permitted: rows are refused with HTTP \(line.status)\(code)",
                        at: now)
                }
                try writer.settle(key, decision, history: history, line: line)
                tally.rows += 1
            }
            try writer.turns?.finish()
            try db.move(writer.moves, in: batch.workload)
            try db.changeOne(
                """
                UPDATE batch SET settled_bytes = ?, settled_rows = settled_rows + ?, odd_lines = odd_lines + ?
                WHERE id = ? AND phase = 'archived' AND settled_bytes = ?
                """, [newOffset, tally.rows, tally.odd, batch.id.rawValue, offset],
                else: .staleTransition(batch.id, expected: "archived at byte \(offset)"))
            return tally
        }
    }

    /// Settles up to `limit` rows that have no result line. Call until the tally is complete.
    ///
    /// Whole runs that did not run go back as slices, whatever their length. Rows that go back are under
    /// suspicion when `suspects` says so: that many of them go into one file then.
    /// - Throws: `StoreError.staleTransition` when the batch is not archived, or has lines left to settle: a row
    ///   is absent only when the whole file was read.
    package func settleAbsent(
        of batch: Batch, dueBase: Timestamp, suspects: Int64? = nil, limit: Int64 = 20_000,
        decide: (RowHistory) -> RowDecision
    ) throws -> SettleTally {
        try write { db in
            let isRead = try Bool.fetchOne(
                db.cachedStatement(
                    sql: """
                        SELECT phase = 'archived' AND settled_bytes = coalesce(raw_bytes, 0) FROM batch WHERE id = ?
                        """), arguments: [batch.id.rawValue])
            guard isRead == true else {
                throw StoreError.staleTransition(batch.id, expected: "archived and read to its end")
            }
            var tally = SettleTally()
            var writer = try RowWriter(db, batch: batch, dueBase: dueBase, now: dueBase, suspects: suspects)
            let own = try Int64.fetchAll(
                db.cachedStatement(
                    sql: "SELECT key FROM row_state WHERE batch = ? AND state = 1 ORDER BY key LIMIT ?"),
                arguments: [batch.id.rawValue, limit])
            for key in own.map(RowKey.init(rawValue:)) {
                guard let history = try writer.history(of: key) else { continue }
                try writer.settle(key, writer.weigh(key, history, decide), history: history, line: nil)
                tally.rows += 1
            }
            if own.isEmpty, let slice = writer.slices.first {
                let last = min(slice.upperBound, slice.lowerBound + limit - 1)
                tally.rows += try writer.settleAbsent(in: slice, upTo: last, decide)
            } else if own.isEmpty {
                tally.isComplete = true
            }
            try writer.turns?.finish()
            try db.move(writer.moves, in: batch.workload)
            return tally
        }
    }

    /// Records that every row of the batch is settled, after making sure of it.
    package func settled(_ batch: Batch, was phase: BatchPhase, at now: Timestamp) throws {
        try write { db in
            let left = try Bool.fetchOne(
                db,
                sql: """
                    SELECT EXISTS (SELECT 1 FROM slice WHERE batch = ?1)
                      OR EXISTS (SELECT 1 FROM row_state WHERE batch = ?1 AND state = 1)
                    """, arguments: [batch.id.rawValue])
            guard left == false else { throw StoreError.inconsistent("\(batch.id) still has rows in flight") }
            try db.changeOne(
                "UPDATE batch SET phase = 'settled', changed_at = ? WHERE id = ? AND phase = ?",
                [now.milliseconds, batch.id.rawValue, phase.name],
                else: .staleTransition(batch.id, expected: phase.name))
            let lines = try Row.fetchOne(
                db, sql: "SELECT settled_rows, odd_lines FROM batch WHERE id = ?",
                arguments: [batch.id.rawValue])
            let odd: Int64 = lines?["odd_lines"] ?? 0
            let remark = odd > 0 ? "; result lines that could not be read or named no row: \(odd)" : ""
            try db.note(
                "settled", at: now, workload: batch.workload, batch: batch.id, "every row settled\(remark)")
        }
    }
}

/// Writes the fates of rows within one transaction: prepared once, bound in C.
private struct RowWriter {
    private(set) var moves = RowMoves()
    /// Nil when no row of the workload stands in line for its object.
    private(set) var turns: Turns?
    private(set) var slices: [ClosedRange<Int64>]  // In the order of rows: searched, not walked.
    private let db: Database
    private let batch: Batch
    private let dueBase: Timestamp
    private let suspects: Int64?
    private let canceling: Bool
    private let find: OpaquePointer
    private let look: OpaquePointer
    private let put: OpaquePointer
    private let putError: Statement
    private let dropError: Statement

    init(
        _ db: Database, batch: Batch, dueBase: Timestamp, now: Timestamp, suspects: Int64? = nil
    ) throws {
        self.suspects = suspects
        self.db = db
        self.batch = batch
        self.dueBase = dueBase
        canceling = try db.isCanceling(batch.workload)
        turns = try db.hasTurns(batch.workload) ? Turns(db, at: now) : nil
        slices = try Row.fetchAll(
            db.cachedStatement(
                sql: "SELECT first_row, last_row FROM slice WHERE batch = ? ORDER BY first_row"),
            arguments: [batch.id.rawValue]
        ).map { $0["first_row"]...$0["last_row"] }
        find = try db.cachedStatement(sql: "SELECT number FROM row_name WHERE workload = ?1 AND id = ?2")
            .sqliteStatement
        look = try db.cachedStatement(
            sql: "SELECT state, batch, attempts, doubts, forgiven FROM row_state WHERE key = ?1"
        ).sqliteStatement
        put = try db.cachedStatement(
            sql: """
                INSERT INTO row_state (key, state, batch, attempts, doubts, due_at, status, reason, suspect)
                VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)
                ON CONFLICT (key) DO UPDATE SET state = excluded.state, batch = excluded.batch,
                  attempts = excluded.attempts, doubts = excluded.doubts, due_at = excluded.due_at,
                  status = excluded.status, reason = excluded.reason, suspect = excluded.suspect
                """
        ).sqliteStatement
        putError = try db.cachedStatement(
            sql: "INSERT OR REPLACE INTO row_error (key, type, code, message) VALUES (?, ?, ?, ?)")
        dropError = try db.cachedStatement(sql: "DELETE FROM row_error WHERE key = ?")
    }

    /// The row of this workload that has the id; nil for a foreign id.
    func key(named id: String) throws -> RowKey? {
        var id = id
        return try id.withUTF8 { text in
            sqlite3_bind_int64(find, 1, batch.workload.rawValue)
            let start = UnsafeRawPointer(text.baseAddress)?.assumingMemoryBound(to: CChar.self)
            sqlite3_bind_text(find, 2, start, Int32(text.count), nil)
            defer { sqlite3_reset(find) }
            switch sqlite3_step(find) {
            case SQLITE_ROW: return RowKey(batch.workload, sqlite3_column_int64(find, 0))
            case SQLITE_DONE: return nil
            case let code: throw db.failure(code)
            }
        }
    }

    /// The row's past, if it is in flight in this batch; nil when it is not, or no longer.
    func history(of key: RowKey) throws -> RowHistory? {
        sqlite3_bind_int64(look, 1, key.rawValue)
        defer { sqlite3_reset(look) }
        switch sqlite3_step(look) {
        case SQLITE_ROW:
            guard sqlite3_column_int64(look, 0) == Int64(RowState.inFlight.rawValue),
                sqlite3_column_int64(look, 1) == batch.id.rawValue
            else { return nil }
            return RowHistory(
                attempts: Int(sqlite3_column_int64(look, 2)), doubts: Int(sqlite3_column_int64(look, 3)),
                forgiven: Int(sqlite3_column_int64(look, 4)))
        case SQLITE_DONE:
            return slices.find(key.number) == nil ? nil : RowHistory()
        case let code: throw db.failure(code)
        }
    }

    /// Decides about a row; whether it names what it creates is looked up only where that matters.
    func weigh(
        _ key: RowKey, _ history: RowHistory, _ decide: (RowHistory) -> RowDecision
    ) throws -> RowDecision {
        var named = history
        named.isNamed = true
        let decision = decide(history)
        guard decide(named) != decision else { return decision }
        let traits = try Int.fetchOne(
            db.cachedStatement(sql: "SELECT traits FROM row_input WHERE key = ?"), arguments: [key.rawValue])
        return RowTraits(rawValue: traits ?? 0).contains(.named) ? decide(named) : decision
    }

    mutating func settle(
        _ key: RowKey, _ decision: RowDecision, history: RowHistory, line: ResultLine?
    ) throws {
        let fate = Fate(decision, history: history, canceling: canceling)
        sqlite3_bind_int64(put, 1, key.rawValue)
        sqlite3_bind_int64(put, 2, Int64(fate.state.rawValue))
        sqlite3_bind_int64(put, 3, batch.id.rawValue)
        sqlite3_bind_int64(put, 4, Int64(fate.attempts))
        sqlite3_bind_int64(put, 5, Int64(fate.doubts))
        if fate.state == .queued {
            sqlite3_bind_int64(put, 6, (dueBase + fate.delay).milliseconds)
        } else {
            sqlite3_bind_null(put, 6)
        }
        if let suspects, fate.state == .queued {
            sqlite3_bind_int64(put, 9, suspects)
        } else {
            sqlite3_bind_null(put, 9)
        }
        if let line { sqlite3_bind_int64(put, 7, Int64(line.status)) } else { sqlite3_bind_null(put, 7) }
        if let reason = fate.reason {
            var text = reason.rawValue
            try text.withUTF8 { text in
                let start = UnsafeRawPointer(text.baseAddress)?.assumingMemoryBound(to: CChar.self)
                sqlite3_bind_text(put, 8, start, Int32(text.count), nil)
                try db.stepOnce(put)
            }
        } else {
            sqlite3_bind_null(put, 8)
            try db.stepOnce(put)
        }
        if let error = line?.error, fate.state != .succeeded {
            try putError.execute(arguments: [key.rawValue, error.type, error.code, error.message])
        } else if history.attempts > 0 {
            try dropError.execute(arguments: [key.rawValue])
        }
        if fate.isLast(canceling: canceling) { try turns?.end(key) }
        moves.add(from: .inFlight, to: fate.state)
    }

    /// Settles the rows of a slice, from its start to `last`, that have no state of their own; shrinks the slice.
    mutating func settleAbsent(
        in slice: ClosedRange<Int64>, upTo last: Int64, _ decide: (RowHistory) -> RowDecision
    ) throws -> Int64 {
        let window = slice.lowerBound...last
        let own = try Int64.fetchAll(
            db, sql: "SELECT key FROM row_state WHERE key BETWEEN ? AND ? ORDER BY key",
            arguments: [
                RowKey(batch.workload, window.lowerBound).rawValue, RowKey(batch.workload, last).rawValue,
            ])
        if last == slice.upperBound {
            try db.execute(
                sql: "DELETE FROM slice WHERE workload = ? AND first_row = ? AND batch = ?",
                arguments: [batch.workload.rawValue, slice.lowerBound, batch.id.rawValue])
        } else {
            try db.execute(
                sql: "UPDATE slice SET first_row = ? WHERE workload = ? AND first_row = ? AND batch = ?",
                arguments: [last + 1, batch.workload.rawValue, slice.lowerBound, batch.id.rawValue])
        }
        var absent: Int64 = 0
        var next = window.lowerBound
        for end in own.map({ RowKey(rawValue: $0).number }) + [last + 1] {
            if next < end {
                try settleRun(next...(end - 1), decide)
                absent += end - next
            }
            next = end + 1
        }
        return absent
    }

    private mutating func settleRun(
        _ run: ClosedRange<Int64>, _ decide: (RowHistory) -> RowDecision
    ) throws {
        guard decide(RowHistory()) == .returned else {
            for number in run {
                let key = RowKey(batch.workload, number)
                try settle(key, weigh(key, RowHistory(), decide), history: RowHistory(), line: nil)
            }
            return
        }
        let state: RowState = canceling ? .canceled : .queued
        try db.execute(
            sql: "INSERT INTO slice (workload, first_row, last_row, state, suspect) VALUES (?, ?, ?, ?, ?)",
            arguments: [
                batch.workload.rawValue, run.lowerBound, run.upperBound, state.rawValue,
                state == .queued ? suspects : nil,
            ])
        if canceling { try turns?.end(run, of: batch.workload) }
        moves.add(Int64(run.count), from: .inFlight, to: state)
    }
}

/// A decision, as it is written down.
private struct Fate {
    var state: RowState
    var attempts: Int
    var doubts: Int
    var delay: Duration = .zero
    var reason: RowReason?

    init(_ decision: RowDecision, history: RowHistory, canceling: Bool) {
        attempts = history.attempts + 1
        doubts = history.doubts
        let final = canceling ? decision.inCanceledWorkload(history: history) : decision
        if case .again(_, doubt: true) = decision { doubts += 1 }
        if decision == .returned || decision == .systemic { attempts = history.attempts }
        switch final {
        case .succeeded: state = .succeeded
        case .failed(let why): (state, reason) = (.failed, why)
        case .held(let why):
            (state, reason) = (.held, why)
            if decision == .held(.unknownOutcome) || decision == .held(.resultsExpired) { doubts += 1 }
            // Nothing ran when Stripe's validation refused the file.
            if why == .validation { attempts = history.attempts }
        case .again(let delay, _): (state, self.delay) = (.queued, delay)
        case .returned, .systemic: state = .queued
        case nil: state = .canceled
        }
    }

    /// Whether nothing more happens to the row. One that is held may be sent again later, and would overwrite
    /// what came after it, unless its workload is given up.
    func isLast(canceling: Bool) -> Bool {
        switch state {
        case .succeeded, .failed, .canceled: true
        case .held: canceling
        case .queued, .inFlight: false
        }
    }
}

extension Database {
    /// SQLite's error, as GRDB would report it.
    func failure(_ code: Int32) -> DatabaseError {
        DatabaseError(
            resultCode: ResultCode(rawValue: code), message: String(cString: sqlite3_errmsg(sqliteConnection))
        )
    }
}
