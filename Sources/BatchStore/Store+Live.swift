package import BatchCore
import GRDB

/// Live batches of one workload in one phase, summed up.
package struct LiveLane: Hashable, Sendable {
    /// The workload whose rows they carry.
    package let workload: WorkloadID
    /// Its queue.
    package let queue: String
    /// The account of their jobs.
    package let account: String
    /// The phase they are in.
    package let phase: BatchPhase.Kind
    /// How many there are.
    package let batches: Int
    /// The first of them.
    package let oldest: BatchID
    /// How many have calls that fail.
    package let failing: Int
    /// When the first of them is looked at, while they are processed.
    package let nextLook: Timestamp?
    /// Rows that their jobs were seen to be done with.
    package let rowsDone: Int64
    /// How many of these a second, while Stripe had the files.
    package let rowsPerSecond: Double
}

/// Jobs of one account in one state, counted.
package struct JobCount: Hashable, Sendable {
    /// The account.
    package let account: String
    /// How the job ended, or Stripe's status when it was last seen; nil before the first look.
    package let state: String?
    /// How many jobs.
    package let jobs: Int
}

/// One of Stripe's clocks that runs for a batch.
package struct RunningClock: Hashable, Sendable {
    /// The batch.
    package let batch: BatchID
    /// Its workload.
    package let workload: WorkloadID
    /// Its job, once there is one.
    package let job: JobID?
    /// Which clock, and its end.
    package let deadline: Deadline
}

/// Calls for one batch that fail again and again.
package struct FailingCalls: Hashable, Sendable {
    /// The batch.
    package let batch: BatchID
    /// How many calls in a row.
    package let count: Int
    /// What the last one said.
    package let why: String
}

// A status is asked for at any moment, with a thousand jobs under way: a batch is a line of seventy columns, and what
// these verbs need of them is a few numbers.
extension Store {
    /// The live batches, summed up; of one workload, if it is named.
    package func lanes(of workload: WorkloadID? = nil) throws -> [LiveLane] {
        try read { db in
            try db.all(
                """
                SELECT workload, queue, account, phase, count(*), min(id), sum(failures > 0), min(poll_at), sum(done),
                  total(iif(done > 0 AND ms > 0, done * 1000.0 / ms, 0))
                FROM (
                  SELECT *, coalesce(ended_at, seen_at, changed_at) - uploaded_at AS ms,
                    iif(uploaded_at IS NULL OR seen_status IS NULL, 0,
                      coalesce(seen_succeeded, 0) + coalesce(seen_failed, 0)) AS done
                  FROM batch WHERE swept = 0 AND (?1 IS NULL OR workload = ?1))
                GROUP BY workload, queue, account, phase
                """, [workload?.rawValue]
            ) { row in
                let phase = try BatchPhase.Kind(storedWord: row[3])
                return LiveLane(
                    workload: WorkloadID(row[0] as Int64), queue: row[1], account: row[2], phase: phase,
                    batches: row[4], oldest: BatchID(row[5] as Int64), failing: row[6],
                    nextLook: phase == .processing ? Timestamp(stored: row[7]) : nil, rowsDone: row[8],
                    rowsPerSecond: row[9])
            }
        }
    }

    /// The jobs of live batches, counted.
    package func liveJobs() throws -> [JobCount] {
        try read { db in
            try db.all(
                """
                SELECT account, coalesce(ending, seen_status) AS state, count(*) FROM batch
                WHERE swept = 0 AND job IS NOT NULL GROUP BY account, state
                """, []
            ) { JobCount(account: $0[0], state: $0[1], jobs: $0[2]) }
        }
    }

    /// The clocks that run for live batches, in no order.
    package func clocks(
        of workload: WorkloadID? = nil, queue: String? = nil, limits: Limits
    ) throws -> [RunningClock] {
        try read { db in
            try db.all(
                """
                SELECT id, workload, job, phase, CASE phase WHEN 'creating' THEN asked_at
                    WHEN 'processing' THEN runs_since WHEN 'collecting' THEN results_until ELSE upload_deadline END
                FROM batch
                WHERE swept = 0 AND (?1 IS NULL OR workload = ?1) AND (?2 IS NULL OR queue = ?2)
                """, [workload?.rawValue, queue]
            ) { row -> RunningClock? in
                guard let moment = Timestamp(stored: row[4]),
                    let deadline = Deadline(try BatchPhase.Kind(storedWord: row[3]), moment, limits)
                else { return nil }
                return RunningClock(
                    batch: BatchID(row[0] as Int64), workload: WorkloadID(row[1] as Int64),
                    job: (row[2] as String?).map { JobID($0) }, deadline: deadline)
            }.compactMap(\.self)
        }
    }

    /// The live batch whose calls have failed most often in a row; nil when none fails.
    package func worstFailure() throws -> FailingCalls? {
        try read { db in
            try db.first(
                """
                SELECT id, failures, last_failure FROM batch
                WHERE swept = 0 AND failures > 0 AND last_failure IS NOT NULL ORDER BY failures DESC, id DESC LIMIT 1
                """, []
            ) { FailingCalls(batch: BatchID($0[0] as Int64), count: $0[1], why: $0[2]) }
        }
    }
}

extension BatchPhase.Kind {
    fileprivate init(storedWord word: String) throws {
        guard let kind = Self(rawValue: word) else {
            throw StoreError.inconsistent("an unknown phase '\(word)'")
        }
        self = kind
    }
}
