package import BatchCore
import Foundation
import GRDB

/// A workload, as it is stored.
package struct WorkloadRecord: Hashable, Sendable {
    /// Its id.
    package var id: WorkloadID
    /// The queue it was submitted to.
    package var queue: String
    /// Its name.
    package var name: String
    /// Where it stands.
    package var state: WorkloadState
    /// Why it is held or paused: a word, then for people what happened.
    package var reason: String?
    /// A person wants it canceled.
    package var cancelWanted: Bool
    /// When it was submitted.
    package var createdAt: Timestamp
    /// When its first rows were claimed.
    package var startedAt: Timestamp?
    /// When its last row got its outcome.
    package var finishedAt: Timestamp?
    /// The size of what was submitted.
    package var sourceBytes: Int64
    /// The digest of what was submitted; nil while it is loading.
    package var sourceSHA256: Digest?
    /// Size and digest of its lines as they are stored; nil when they are what was submitted.
    package var storedBytes: Int64?, storedSHA256: Digest?
    /// The digest of the summary in the archive; nil while it is not over.
    package var summarySHA256: Digest?
    /// Its rows by state.
    package var rows: RowCounts
    /// How many of its queued rows wait for others with the same object.
    package var waiting: Int64
    /// A greater one goes first, within its queue.
    package var priority: Int64 = 0
    /// No job is begun for it before this moment; nil for at once.
    package var startAfter: Timestamp?
}

extension Store {
    /// One workload; nil when there is none, or none that was accepted.
    package func workload(_ id: WorkloadID) throws -> WorkloadRecord? {
        try read { db in
            try db.first(
                "SELECT * FROM workload WHERE id = ? AND state <> 'loading'", [id.rawValue],
                WorkloadRecord.init(stored:))
        }
    }

    /// Accepted workloads, newest first; only those not over when `openOnly`, or over when `overOnly`.
    package func workloads(
        openOnly: Bool = false, overOnly: Bool = false, queue: String? = nil, state: WorkloadState? = nil,
        limit: Int = 1000
    ) throws -> [WorkloadRecord] {
        try read { db in
            try db.all(
                """
                SELECT * FROM workload
                WHERE state <> 'loading' AND (?1 IS NULL OR queue = ?1) AND (?2 IS NULL OR state = ?2)
                  \(openOnly ? "AND state NOT IN ('finished', 'canceled')" : "")
                  \(overOnly ? "AND state IN ('finished', 'canceled')" : "")
                ORDER BY id DESC LIMIT ?3
                """, [queue, state?.rawValue, limit], WorkloadRecord.init(stored:))
        }
    }

    /// The rows of all accepted workloads, by state.
    package func totals() throws -> RowCounts {
        try read { db in
            let row = try Row.fetchOne(
                db.cachedStatement(
                    sql: """
                        SELECT sum(queued) AS queued, sum(in_flight) AS in_flight, sum(succeeded) AS succeeded,
                          sum(failed) AS failed, sum(held) AS held, sum(canceled) AS canceled FROM workload
                        """))
            var counts = RowCounts()
            for state in RowState.allCases { counts[state] = row?[state.word] ?? 0 }
            return counts
        }
    }

    /// Cancels a workload: no new job is begun for it, and whole runs of rows that wait are canceled now. Rows with
    /// a fate of their own follow piece by piece, by `cancelSome`.
    ///
    /// With `now`, the jobs that are running are canceled too: their batches carry the wish until Stripe
    /// shows that it took.
    /// - Returns: the live batches that now carry the wish.
    /// - Throws: `StoreError.wrongState` when the workload is over.
    package func cancel(_ workload: WorkloadID, now immediately: Bool, at now: Timestamp) throws -> [BatchID]
    {
        try write { db in
            guard
                let word = try String.fetchOne(
                    db, sql: "SELECT state FROM workload WHERE id = ? AND state <> 'loading'",
                    arguments: [workload.rawValue]), let state = WorkloadState(rawValue: word)
            else { throw StoreError.noWorkload(workload) }
            guard !state.isOver else { throw StoreError.wrongState(workload, state) }
            try db.execute(
                sql: """
                    UPDATE workload SET cancel_wanted = 1, reason = NULL,
                      state = iif(started_at IS NULL, 'queued', 'running') WHERE id = ?
                    """, arguments: [workload.rawValue])
            try db.endPause(.workload(workload))
            var moves = RowMoves()
            let waiting =
                try Int64.fetchOne(
                    db,
                    sql: """
                        SELECT coalesce(sum(last_row - first_row + 1), 0) FROM slice WHERE workload = ? AND state = 0
                        """, arguments: [workload.rawValue]) ?? 0
            moves.add(waiting, from: .queued, to: .canceled)
            try db.execute(
                sql: "UPDATE slice SET state = 5 WHERE workload = ? AND state = 0",
                arguments: [workload.rawValue])
            try db.move(moves, in: workload)
            let phases =
                immediately
                ? "'staging','staged','creating','awaiting_upload','uploading','processing'"
                : "'staging','staged','creating','awaiting_upload'"
            let condition = "workload = ? AND swept = 0 AND phase IN (\(phases))"
            try db.execute(
                sql: "UPDATE batch SET cancel_wanted = 1, not_before = 0 WHERE \(condition)",
                arguments: [workload.rawValue])
            try db.note(
                "cancel", at: now, workload: workload,
                immediately ? "canceled by the operator, with its running jobs" : "canceled by the operator")
            return try Int64.fetchAll(
                db, sql: "SELECT id FROM batch WHERE \(condition)", arguments: [workload.rawValue]
            ).map { BatchID($0) }
        }
    }

    /// Cancels some rows of a canceled workload that have a fate of their own, or ends some of its turns; not those
    /// of rows at Stripe. A row that may have run is held. Safe to repeat from 0, as after a crash.
    ///
    /// - Parameter cursor: 0 at first, then what the last call returned.
    /// - Returns: nil when nothing is left to do.
    package func cancelSome(
        of workload: WorkloadID, from cursor: Int64, limit: Int = 5_000, at now: Timestamp
    ) throws -> Int64? {
        try write { db in
            guard try db.isCanceling(workload) else { return nil }
            var moves = RowMoves()
            var turns = try Turns(db, at: now)
            // First none of them waits any more, then they are canceled; nobody claims them in between.
            try db.execute(
                sql: """
                    UPDATE row_state SET waits = 0, due_at = 0 WHERE key IN (SELECT key FROM row_state
                      WHERE key >> 32 = ? AND state = 0 AND due_at IS NULL LIMIT ?)
                    """, arguments: [workload.rawValue, limit])
            let waited = db.changesCount
            turns.canceled(waited, of: workload)
            var next: Int64? = cursor
            if waited == 0 {
                let due = "SELECT key FROM row_state WHERE key >> 32 = \(workload.rawValue) AND state = 0"
                try db.cancelRows("key IN (\(due) LIMIT \(limit))", from: .queued, moves: &moves)
                if moves.isEmpty { next = try turns.endSome(of: workload, from: cursor, limit: limit) }
            }
            try turns.finish()
            try db.move(moves, in: workload)
            return next
        }
    }

    /// Workloads that are canceled and not over: rows of them may be left to cancel.
    package func cancelingWorkloads() throws -> [WorkloadID] {
        try read { db in
            try Int64.fetchAll(
                db,
                sql: """
                    SELECT id FROM workload
                    WHERE cancel_wanted = 1 AND state NOT IN ('loading', 'finished', 'canceled')
                    """
            ).map { WorkloadID($0) }
        }
    }

    /// Holds a workload: no new job is begun for it until a person acts. Jobs that run end and are settled.
    package func hold(_ workload: WorkloadID, reason: String, at now: Timestamp) throws {
        _ = try write { try $0.hold(workload, reason: reason, at: now) }
    }

    /// True when new jobs may be begun for a workload: it is neither held nor paused nor to be canceled.
    package func mayBegin(_ workload: WorkloadID) throws -> Bool {
        try read { db in
            try Bool.fetchOne(
                db.cachedStatement(
                    sql: """
                        SELECT state IN ('queued', 'running') AND cancel_wanted = 0 FROM workload WHERE id = ?
                        """), arguments: [workload.rawValue]) == true
        }
    }

    /// Lets workloads go on after a start that were held although rows of them still wait: what held them may
    /// be mended. Those of `spent` stay held.
    package func resumeHeldWorkloads(except spent: Set<WorkloadID> = [], at now: Timestamp) throws {
        try write { db in
            let held = try Int64.fetchAll(
                db, sql: "SELECT id FROM workload WHERE state = 'held' AND queued + in_flight > 0")
            for id in held.map({ WorkloadID($0) }) where !spent.contains(id) {
                try db.goOn(id)
                try db.note("tried_again", at: now, workload: id, "tried again after a start")
            }
        }
    }

    /// Workloads that can do nothing more by themselves and are not over yet: nothing is left to send, in flight
    /// or to settle, but for rows that wait behind held rows of the same workload.
    package func exhaustedWorkloads() throws -> [WorkloadRecord] {
        try read { db in
            try db.all(
                """
                SELECT * FROM workload w
                WHERE state NOT IN ('finished', 'canceled')
                  AND (state IN ('queued', 'running') OR state = 'paused' AND held = 0)
                  AND in_flight = 0 AND queued = waiting AND (queued = 0 OR held > 0)
                  AND (cancel_wanted = 0 OR queued + turns = 0)
                  AND NOT EXISTS (SELECT 1 FROM batch WHERE workload = w.id AND swept = 0)
                  AND NOT EXISTS (
                    SELECT 1 FROM row_state r JOIN object_turn t ON t.key = r.key
                    WHERE r.key >> 32 = w.id AND r.state = 0 AND NOT EXISTS (
                      SELECT 1 FROM row_state first WHERE first.state = 4 AND first.key >> 32 = w.id
                        AND first.key = (SELECT key FROM object_turn WHERE object = t.object
                                         ORDER BY place, key LIMIT 1)))
                """, [], WorkloadRecord.init(stored:))
        }
    }

    /// Ends a workload: every row has its final state. `summary` is the digest of its summary in the archive.
    package func finish(
        _ workload: WorkloadID, as state: WorkloadState, summary: Digest? = nil, at now: Timestamp
    ) throws {
        try write { db in
            try db.changeOne(
                """
                UPDATE workload SET state = ?, reason = NULL, finished_at = ?, summary_sha256 = ?
                WHERE id = ? AND state IN ('queued', 'running', 'paused') AND queued + in_flight = 0
                """, [state.rawValue, now.milliseconds, summary?.data, workload.rawValue],
                else: .inconsistent("\(workload) is not ready to end"))
            try db.endPause(.workload(workload))
            try db.note(state.rawValue, at: now, workload: workload)
        }
    }
}

extension WorkloadRecord {
    init(stored row: Row) throws {
        var counts = RowCounts()
        for state in RowState.allCases { counts[state] = row[state.word] }
        guard let state = WorkloadState(rawValue: row["state"]) else {
            throw StoreError.inconsistent("an unknown workload state")
        }
        self.init(
            id: WorkloadID(row["id"] as Int64), queue: row["queue"], name: row["name"], state: state,
            reason: row["reason"], cancelWanted: row["cancel_wanted"],
            createdAt: Timestamp(milliseconds: row["created_at"]),
            startedAt: Timestamp(stored: row["started_at"]),
            finishedAt: Timestamp(stored: row["finished_at"]),
            sourceBytes: row["source_bytes"],
            sourceSHA256: try (row["source_sha256"] as Data?).map(Digest.init(stored:)),
            storedBytes: row["stored_bytes"],
            storedSHA256: try (row["stored_sha256"] as Data?).map(Digest.init(stored:)),
            summarySHA256: try (row["summary_sha256"] as Data?).map(Digest.init(stored:)), rows: counts,
            waiting: row["waiting"], priority: row["priority"],
            startAfter: Timestamp(stored: row["start_after"]))
    }
}

extension Database {
    fileprivate func goOn(_ workload: WorkloadID) throws {
        try execute(
            sql: "UPDATE workload SET state = 'running', reason = NULL WHERE id = ?",
            arguments: [workload.rawValue])
    }

    /// Holds a workload that is under way and not to be canceled; false, and nothing, otherwise.
    @discardableResult
    func hold(_ workload: WorkloadID, reason: String, at now: Timestamp) throws -> Bool {
        try execute(
            sql: """
                UPDATE workload SET state = 'held', reason = ?
                WHERE id = ? AND state IN ('queued', 'running') AND cancel_wanted = 0
                """, arguments: [reason, workload.rawValue])
        guard changesCount == 1 else { return false }
        try note("held", at: now, workload: workload, reason)
        return true
    }
}
