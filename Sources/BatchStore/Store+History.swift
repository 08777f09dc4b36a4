package import BatchCore
import Foundation
import GRDB

/// A batch with every fact that is stored of it: for people, reports and the audit.
package struct BatchRecord: Hashable, Sendable {
    /// What the decisions know.
    package var batch: Batch
    /// Which limit bound its size.
    package var rowLimit: String
    /// When its rows were claimed.
    package var createdAt: Timestamp
    /// Since when it is in its phase.
    package var changedAt: Timestamp
    /// Its job, even after the phase forgot it.
    package var job: JobID?
    /// Its input file, once written.
    package var input: InputFile?
    /// Until when the job took its file.
    package var uploadDeadline: Timestamp?
    /// When the upload began, last.
    package var uploadBeganAt: Timestamp?
    /// When Stripe had the file.
    package var uploadedAt: Timestamp?
    /// The last failed call, in one line.
    package var lastFailure: String?
    /// How the job ended.
    package var ending: JobEnding?
    /// When that was seen.
    package var endedAt: Timestamp?
    /// Until when its results can be had.
    package var resultsUntil: Timestamp?
    /// What is in the archive.
    package var results: ArchivedFacts?
    /// The digest of the manifest beside it.
    package var manifestSHA256: Digest?
    /// Rows that were settled from result lines.
    package var settledRows: Int64
    /// Result lines that named no row of it, or one twice.
    package var oddLines: Int64
    /// True when nothing is left to do for it.
    package var isSwept: Bool
}

/// A line of the history.
package struct EventRecord: Hashable, Sendable {
    /// Its place in the history, from 1.
    package var seq: Int64
    /// When it was written.
    package var at: Timestamp
    /// What happened, in one word.
    package var kind: String
    /// To which workload.
    package var workload: WorkloadID?
    /// To which batch.
    package var batch: BatchID?
    /// To which job.
    package var job: JobID?
    /// The rest, for people.
    package var message: String
    /// The user who asked for it; nil when the daemon did it by itself.
    package var uid: UInt32?
}

extension Store {
    /// One batch; nil when there is none.
    package func batch(_ id: BatchID) throws -> BatchRecord? {
        try read { db in
            try db.first("SELECT * FROM batch WHERE id = ?", [id.rawValue], BatchRecord.init(stored:))
        }
    }

    /// The batch whose job this is; nil when there is none.
    package func batch(of job: JobID) throws -> BatchRecord? {
        try read { db in
            try db.first("SELECT * FROM batch WHERE job = ?", [job.rawValue], BatchRecord.init(stored:))
        }
    }

    /// Batches, newest first. Every condition may be left out.
    package func batches(
        of workload: WorkloadID? = nil, queue: String? = nil, phase: String? = nil, liveOnly: Bool = false,
        limit: Int = 1000
    ) throws -> [BatchRecord] {
        try read { db in
            try db.all(
                """
                SELECT * FROM batch
                WHERE (?1 IS NULL OR workload = ?1) AND (?2 IS NULL OR queue = ?2)
                  AND (?3 IS NULL OR phase = ?3) \(liveOnly ? "AND swept = 0" : "")
                ORDER BY id DESC LIMIT ?4
                """, [workload?.rawValue, queue, phase, limit], BatchRecord.init(stored:))
        }
    }

    /// How many batches a workload has had.
    package func batchCount(of workload: WorkloadID) throws -> Int {
        try read { db in
            try Int.fetchOne(
                db.cachedStatement(sql: "SELECT count(*) FROM batch WHERE workload = ?"),
                arguments: [workload.rawValue]) ?? 0
        }
    }

    /// The history after `seq`, oldest first.
    package func events(
        after seq: Int64 = 0, workload: WorkloadID? = nil, batch: BatchID? = nil, limit: Int = 1000
    ) throws -> [EventRecord] {
        try read { db in
            try Row.fetchAll(
                db,
                sql: """
                    SELECT * FROM event
                    WHERE seq > ?1 AND (?2 IS NULL OR workload = ?2) AND (?3 IS NULL OR batch = ?3)
                    ORDER BY seq LIMIT ?4
                    """, arguments: [seq, workload?.rawValue, batch?.rawValue, limit]
            ).map(EventRecord.init(stored:))
        }
    }

    /// What was written last about a workload as a whole; nil when nothing was.
    package func lastEvent(of workload: WorkloadID) throws -> EventRecord? {
        try read { db in
            try Row.fetchOne(
                db,
                sql: "SELECT * FROM event WHERE workload = ? AND batch IS NULL ORDER BY seq DESC LIMIT 1",
                arguments: [workload.rawValue]
            ).map(EventRecord.init(stored:))
        }
    }

    /// What was written last about a batch; nil when nothing was.
    package func lastEvent(of batch: BatchID) throws -> EventRecord? {
        try read { db in
            try Row.fetchOne(
                db, sql: "SELECT * FROM event WHERE batch = ? ORDER BY seq DESC LIMIT 1",
                arguments: [batch.rawValue]
            ).map(EventRecord.init(stored:))
        }
    }

    /// What a person decided last about a workload as a whole, or about some of its rows; nil when nobody did.
    ///
    /// - Parameter kind: only decisions of this kind.
    package func lastDecision(on workload: WorkloadID, kind: String? = nil) throws -> EventRecord? {
        try read { db in
            try Row.fetchOne(
                db,
                sql: """
                    SELECT * FROM event
                    WHERE workload = ?1 AND batch IS NULL AND uid IS NOT NULL AND (?2 IS NULL OR kind = ?2)
                    ORDER BY seq DESC LIMIT 1
                    """, arguments: [workload.rawValue, kind]
            ).map(EventRecord.init(stored:))
        }
    }

    /// What was written when something was paused; nil when nothing was.
    package func beginning(of pause: Pause) throws -> EventRecord? {
        try read { db in
            try Row.fetchOne(
                db,
                sql: """
                    SELECT * FROM event WHERE workload IS ?1 AND kind = 'paused' AND at = ?2
                      AND substr(message, 1, length(?3)) = ?3 ORDER BY seq DESC LIMIT 1
                    """,
                arguments: [
                    pause.scope.workload?.rawValue, pause.since.milliseconds, "\(pause.scope)",
                ]
            ).map(EventRecord.init(stored:))
        }
    }

    /// The reason that most held rows of a workload have, of the first thousand; nil when none is held.
    package func commonestHoldReason(in workload: WorkloadID) throws -> String? {
        try read { db in
            try String.fetchOne(
                db.cachedStatement(
                    sql: """
                        SELECT reason FROM (
                          SELECT reason FROM row_state WHERE key >> 32 = ? AND state = 4 LIMIT 1000)
                        GROUP BY reason ORDER BY count(*) DESC LIMIT 1
                        """), arguments: [workload.rawValue])
        }
    }
}

extension BatchRecord {
    fileprivate init(stored row: Row) throws {
        var results: ArchivedFacts?
        if let digest: Data = row["raw_sha256"], let stored: Data = row["stored_sha256"] {
            results = ArchivedFacts(
                rawBytes: row["raw_bytes"], rawSHA256: try Digest(stored: digest),
                storedBytes: row["stored_bytes"], storedSHA256: try Digest(stored: stored),
                lines: row["lines"])
        }
        self.init(
            batch: try Batch(stored: row), rowLimit: row["row_limit"],
            createdAt: Timestamp(milliseconds: row["created_at"]),
            changedAt: Timestamp(milliseconds: row["changed_at"]),
            job: (row["job"] as String?).map { JobID($0) },
            input: try (row["input_sha256"] as Data?).map {
                InputFile(bytes: row["input_bytes"], sha256: try Digest(stored: $0))
            },
            uploadDeadline: Timestamp(stored: row["upload_deadline"]),
            uploadBeganAt: Timestamp(stored: row["upload_began_at"]),
            uploadedAt: Timestamp(stored: row["uploaded_at"]), lastFailure: row["last_failure"],
            ending: (row["ending"] as String?).flatMap(JobEnding.init),
            endedAt: Timestamp(stored: row["ended_at"]),
            resultsUntil: Timestamp(stored: row["results_until"]),
            results: results,
            manifestSHA256: try (row["manifest_sha256"] as Data?).map(Digest.init(stored:)),
            settledRows: row["settled_rows"], oddLines: row["odd_lines"],
            isSwept: row["swept"])
    }
}

extension EventRecord {
    fileprivate init(stored row: Row) {
        self.init(
            seq: row["seq"], at: Timestamp(milliseconds: row["at"]), kind: row["kind"],
            workload: (row["workload"] as Int64?).map { WorkloadID($0) },
            batch: (row["batch"] as Int64?).map { BatchID($0) },
            job: (row["job"] as String?).map { JobID($0) }, message: row["message"], uid: row["uid"])
    }
}
