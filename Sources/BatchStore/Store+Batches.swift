package import BatchCore
import GRDB

extension Store {
    /// Every batch that still has something to do, oldest first.
    package func liveBatches() throws -> [Batch] {
        try read { db in
            try db.all("SELECT * FROM batch WHERE swept = 0 ORDER BY id", [], Batch.init(stored:))
        }
    }

    /// Records a batch that moved on from `phase`, or that stays there and has learned something.
    ///
    /// - Throws: `StoreError.staleTransition` when the record is no longer in `phase`; `inconsistent` when the
    ///   batch is settled or released, which moves rows and has verbs of its own.
    package func record(
        _ batch: Batch, was phase: BatchPhase, failure: CallFailure? = nil, at now: Timestamp
    ) throws {
        guard batch.phase.carriesRows else {
            throw StoreError.inconsistent("\(batch.id) cannot become \(batch.phase.name) and keep its rows")
        }
        try write { db in
            try db.update(batch, was: phase, failure: failure, at: now)
            // A second key for one batch is news as well.
            if batch.phase.name != phase.name || batch.phase.createKey != phase.createKey {
                try db.note(batch, at: now)
            }
        }
    }

    /// Records that a batch is given up: its rows are queued again with no attempt spent, or canceled with
    /// their workload. Then their turns are left: `cancelSome` ends them.
    ///
    /// - Throws: `StoreError.staleTransition` when the record is no longer in `phase`; `inconsistent` when the
    ///   batch is not released.
    package func release(_ batch: Batch, was phase: BatchPhase, failure: CallFailure?, at now: Timestamp)
        throws
    {
        guard case .released = batch.phase else {
            throw StoreError.inconsistent("\(batch.id) cannot give up its rows and be \(batch.phase.name)")
        }
        try write { db in
            try db.update(batch, was: phase, failure: failure, at: now)
            try db.note(batch, at: now, failure?.summary)
            let canceling = try db.isCanceling(batch.workload)
            var moves = RowMoves()
            let runs =
                try Int64.fetchOne(
                    db, sql: "SELECT coalesce(sum(last_row - first_row + 1), 0) FROM slice WHERE batch = ?",
                    arguments: [batch.id.rawValue]) ?? 0
            moves.add(runs, from: .inFlight, to: canceling ? .canceled : .queued)
            try db.execute(
                sql: "UPDATE slice SET state = ?, batch = NULL WHERE batch = ?",
                arguments: [canceling ? 5 : 0, batch.id.rawValue])
            if canceling {
                try db.cancelRows(
                    "batch = \(batch.id.rawValue) AND state = 1", from: .inFlight, moves: &moves)
            } else {
                try db.execute(
                    sql: "UPDATE row_state SET state = 0, due_at = ? WHERE batch = ? AND state = 1",
                    arguments: [now.milliseconds, batch.id.rawValue])
                moves.add(Int64(db.changesCount), from: .inFlight, to: .queued)
            }
            try db.move(moves, in: batch.workload)
        }
    }

    /// Records that the results are published; `results` is nil when the job left none. `manifest` is the
    /// digest of the manifest beside them.
    package func archived(
        _ batch: Batch, was phase: BatchPhase, results: ArchivedFacts?, manifest: Digest? = nil,
        at now: Timestamp
    ) throws {
        try write { db in
            try db.update(batch, was: phase, failure: nil, at: now)
            try db.execute(
                sql: "UPDATE batch SET manifest_sha256 = ? WHERE id = ?",
                arguments: [manifest?.data, batch.id.rawValue])
            if let results {
                try db.execute(
                    sql: """
                        UPDATE batch SET raw_bytes = ?, raw_sha256 = ?, stored_bytes = ?, stored_sha256 = ?, lines = ?
                        WHERE id = ?
                        """,
                    arguments: [
                        results.rawBytes, results.rawSHA256.data, results.storedBytes,
                        results.storedSHA256.data,
                        results.lines, batch.id.rawValue,
                    ])
            }
            try db.note(batch, at: now, results.map { "\($0.lines) lines, SHA-256 \($0.rawSHA256)" })
        }
    }

    /// Records that the spool file is gone: nothing is left to do.
    package func swept(_ batch: BatchID) throws {
        try write { db in
            try db.changeOne(
                "UPDATE batch SET swept = 1 WHERE id = ? AND phase IN ('settled', 'released')",
                [batch.rawValue],
                else: .staleTransition(batch, expected: "settled"))
        }
    }

    /// Where settling stands.
    package func settledMark(of batch: BatchID) throws -> SettledMark {
        try read { db in
            try Row.fetchOne(
                db, sql: "SELECT settled_bytes, settled_row FROM batch WHERE id = ?",
                arguments: [batch.rawValue]
            ).map { SettledMark(bytes: $0[0], row: $0[1]) } ?? SettledMark()
        }
    }
}

extension Database {
    func isCanceling(_ workload: WorkloadID) throws -> Bool {
        try Bool.fetchOne(
            cachedStatement(sql: "SELECT cancel_wanted FROM workload WHERE id = ?"),
            arguments: [workload.rawValue])
            ?? false
    }

    /// Cancels rows that have a fate of their own; those that may have run are held instead.
    func cancelRows(_ condition: String, from state: RowState, moves: inout RowMoves) throws {
        // One statement, so that a condition with a limit means the same rows throughout.
        let states = try Int.fetchAll(
            self,
            sql: """
                UPDATE row_state SET state = iif(doubts > 0, 4, 5), due_at = NULL,
                  reason = iif(doubts > 0, 'unknown_outcome', NULL)
                WHERE \(condition) RETURNING state
                """)
        let held = Int64(states.count { $0 == RowState.held.rawValue })
        moves.add(held, from: state, to: .held)
        moves.add(Int64(states.count) - held, from: state, to: .canceled)
    }

    /// Writes what the batch knows; the condition on the old phase refuses a transition that went stale.
    fileprivate func update(
        _ batch: Batch, was phase: BatchPhase, failure: CallFailure?, at now: Timestamp
    ) throws {
        var values = batch.phase.columns
        values.append(("not_before", batch.notBefore.milliseconds))
        values.append(("failures", batch.failures))
        values.append(("unchanged", batch.unchanged))
        values.append(("last_failure", failure?.summary))
        if let pace = batch.pace {
            values += [
                ("runs_since", batch.runsSince?.milliseconds), ("pace_since", pace.since.milliseconds),
                ("pace_done", pace.done), ("row_rate", pace.rate), ("rate_at", pace.measuredAt?.milliseconds),
            ]
        }
        if let sending = batch.sending {
            values += [("sent_bytes", sending.bytes), ("sent_ms", sending.time.milliseconds)]
        }
        if batch.phase.name != phase.name {
            values.append(("phase", batch.phase.name))
            values.append(("changed_at", now.milliseconds))
            switch batch.phase {
            case .uploading: values.append(("upload_began_at", now.milliseconds))
            case .processing: values.append(("uploaded_at", now.milliseconds))
            case .collecting: values.append(("ended_at", now.milliseconds))
            default: break
            }
        }
        if let seen = batch.seen {
            values += [
                ("seen_at", batch.aliveAt.milliseconds), ("seen_status", seen.status.word),
                ("seen_validated", seen.validated), ("seen_succeeded", seen.succeeded),
                ("seen_failed", seen.failed), ("seen_failure", seen.failure),
            ]
        }
        try changeOne(
            "UPDATE batch SET \(values.map { "\($0.0) = ?" }.joined(separator: ", ")) WHERE id = ? AND phase = ?",
            StatementArguments(values.map(\.1) + [batch.id.rawValue, phase.name]),
            else: .staleTransition(batch.id, expected: phase.name))
    }

    fileprivate func note(_ batch: Batch, at now: Timestamp, _ message: String? = nil) throws {
        try note(
            batch.phase.name, at: now, workload: batch.workload, batch: batch.id,
            job: batch.phase.job ?? batch.seen?.id,
            [batch.phase.story, message].compactMap { $0 }.joined(separator: "; "))
    }
}

extension BatchPhase {
    fileprivate var createKey: IdempotencyKey? {
        if case .creating(_, let intent) = self { intent.key } else { nil }
    }

    /// False for the two ends, where no row belongs to the batch any more.
    fileprivate var carriesRows: Bool {
        switch self {
        case .settled, .released: false
        default: true
        }
    }

    /// What each phase adds to the record.
    fileprivate var columns: [(String, (any DatabaseValueConvertible)?)] {
        switch self {
        case .staging, .settled: []
        case .staged(let file): [("input_bytes", file.bytes), ("input_sha256", file.sha256.data)]
        case .creating(_, let intent):
            [
                ("create_key", intent.key.rawValue), ("create_body", intent.bodyData),
                ("asked_at", intent.askedAt.milliseconds),
            ]
        case .awaitingUpload(_, let job, let deadline), .uploading(_, let job, let deadline):
            [("job", job.rawValue), ("upload_deadline", deadline.milliseconds)]
        case .processing(let job, let pollAt):
            [("job", job.rawValue), ("poll_at", pollAt.milliseconds)]
        case .collecting(let job, let ending, let until):
            [("job", job.rawValue), ("ending", ending.rawValue), ("results_until", until.milliseconds)]
        case .archived(let job, let ending):
            [("job", job.rawValue), ("ending", ending.rawValue)]
        case .released(let reason): [("release_reason", reason.rawValue)]
        }
    }

    /// One line for the history.
    fileprivate var story: String {
        switch self {
        case .staging: "rows claimed"
        case .staged(let file): "input file of \(file.bytes) bytes, SHA-256 \(file.sha256)"
        case .creating: "asking Stripe for a job"
        case .awaitingUpload(_, _, let deadline): "the job takes its file until \(deadline.rfc3339)"
        case .uploading: "sending the file"
        case .processing: "Stripe has the file"
        case .collecting(_, let ending, let until):
            "the job ended as \(ending.rawValue); its results can be had until \(until.rfc3339)"
        case .archived: "results archived"
        case .settled: "every row has its outcome, goes again, or is held"
        case .released(let reason): "given up before anything ran: \(reason.rawValue)"
        }
    }
}
