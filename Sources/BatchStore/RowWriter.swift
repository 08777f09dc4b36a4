import BatchCore
import GRDB
import GRDBSQLite

/// Writes the fates of rows within one transaction: prepared once, bound in C.
struct RowWriter {
    private(set) var moves = RowMoves()
    /// Rules that made a success of an answer.
    private(set) var rules: Set<OutcomeRule> = []
    /// Nil when no row of the workload stands in line for its object.
    private(set) var turns: Turns?
    private(set) var slices: [ClosedRange<Int64>]  // In the order of rows: searched, not walked.
    private let db: Database
    private let batch: Batch
    private let dueBase: Timestamp
    private let suspects: Int64?
    private let canceling: Bool
    private let look: OpaquePointer
    private let add: OpaquePointer
    private let put: OpaquePointer
    private let putError: OpaquePointer
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
        look = try db.cachedStatement(
            sql: "SELECT state, batch, attempts, doubts, forgiven FROM row_state WHERE key = ?1"
        ).sqliteStatement
        let insert = """
            INSERT INTO row_state (key, state, batch, attempts, doubts, due_at, status, reason, suspect)
            VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)
            """
        add = try db.cachedStatement(sql: "\(insert) ON CONFLICT (key) DO NOTHING").sqliteStatement
        put = try db.cachedStatement(
            sql: """
                \(insert) ON CONFLICT (key) DO UPDATE SET state = excluded.state, batch = excluded.batch,
                  attempts = excluded.attempts, doubts = excluded.doubts, due_at = excluded.due_at,
                  status = excluded.status, reason = excluded.reason, suspect = excluded.suspect
                """
        ).sqliteStatement
        putError = try db.cachedStatement(
            sql: "INSERT OR REPLACE INTO row_error (key, type, code, message) VALUES (?1, ?2, ?3, ?4)"
        ).sqliteStatement
        dropError = try db.cachedStatement(sql: "DELETE FROM row_error WHERE key = ?")
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

    /// Settles the row that a line names; returns how, or nil when the row is not in flight in this batch.
    mutating func settle(
        _ key: RowKey, _ line: ResultLine, _ decide: (RowHistory) -> RowDecision
    ) throws -> RowDecision? {
        func decision(_ history: RowHistory) throws -> RowDecision {
            try line.verdict == .unknown ? weigh(key, history, decide) : decide(history)
        }
        // Nearly every row has no state of its own yet: then the table is searched for it once and not twice.
        if slices.find(key.number) != nil {
            let decision = try decision(RowHistory())
            let fate = Fate(decision, history: RowHistory(), canceling: canceling)
            try write(key, fate, status: line.status, by: add)
            if sqlite3_changes(db.sqliteConnection) == 1 {
                try follow(key, fate, RowHistory(), line)
                note(decision)
                return decision
            }
        }
        guard let history = try history(of: key) else { return nil }
        let decision = try decision(history)
        try settle(key, decision, history: history, line: line)
        return decision
    }

    mutating func settle(
        _ key: RowKey, _ decision: RowDecision, history: RowHistory, line: ResultLine?
    ) throws {
        let fate = Fate(decision, history: history, canceling: canceling)
        try write(key, fate, status: line?.status, by: put)
        try follow(key, fate, history, line)
        note(decision)
    }

    /// Keeps the rule that decided, if one did.
    private mutating func note(_ decision: RowDecision) {
        if case .succeededByRule(let rule) = decision { rules.insert(rule) }
    }

    /// Writes a fate by one of the two statements that take one.
    private func write(_ key: RowKey, _ fate: Fate, status: Int?, by statement: OpaquePointer) throws {
        let isQueued = fate.state == .queued
        sqlite3_bind_int64(statement, 1, key.rawValue)
        sqlite3_bind_int64(statement, 2, Int64(fate.state.rawValue))
        sqlite3_bind_int64(statement, 3, batch.id.rawValue)
        sqlite3_bind_int64(statement, 4, Int64(fate.attempts))
        sqlite3_bind_int64(statement, 5, Int64(fate.doubts))
        statement.bind(6, isQueued ? (dueBase + fate.delay).milliseconds : nil)
        statement.bind(7, status.map(Int64.init))
        statement.bind(8, fate.reason?.rawValue)
        statement.bind(9, isQueued ? suspects : nil)
        try db.stepOnce(statement)
    }

    /// What a fate entails beyond the row's state.
    private mutating func follow(
        _ key: RowKey, _ fate: Fate, _ history: RowHistory, _ line: ResultLine?
    ) throws {
        if let error = line?.error, fate.state != .succeeded {
            sqlite3_bind_int64(putError, 1, key.rawValue)
            putError.bind(2, error.type)
            putError.bind(3, error.code)
            putError.bind(4, error.message)
            try db.stepOnce(putError)
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
            db.cachedStatement(sql: "SELECT key FROM row_state WHERE key BETWEEN ? AND ? ORDER BY key"),
            arguments: [
                RowKey(batch.workload, window.lowerBound).rawValue, RowKey(batch.workload, last).rawValue,
            ])
        if last == slice.upperBound {
            try db.cachedStatement(
                sql: "DELETE FROM slice WHERE workload = ? AND first_row = ? AND batch = ?"
            ).execute(arguments: [batch.workload.rawValue, slice.lowerBound, batch.id.rawValue])
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
        try db.cachedStatement(
            sql: "INSERT INTO slice (workload, first_row, last_row, state, suspect) VALUES (?, ?, ?, ?, ?)"
        ).execute(arguments: [
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
        case .succeeded, .succeededByRule: state = .succeeded
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

/// SQLite copies what it is given: for texts that live no longer than the call.
private let transient = unsafeBitCast(-1, to: sqlite3_destructor_type.self)

extension OpaquePointer {
    /// Binds a number or NULL, as to a statement.
    fileprivate func bind(_ index: Int32, _ number: Int64?) {
        if let number { sqlite3_bind_int64(self, index, number) } else { sqlite3_bind_null(self, index) }
    }

    /// Binds a text or NULL, as to a statement.
    fileprivate func bind(_ index: Int32, _ text: String?) {
        if let text {
            sqlite3_bind_text(self, index, text, Int32(text.utf8.count), transient)
        } else {
            sqlite3_bind_null(self, index)
        }
    }
}
