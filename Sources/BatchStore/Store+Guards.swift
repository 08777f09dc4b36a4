package import BatchCore
import GRDB

// What the guard rails ask of the records.
extension Store {
    /// How the rows of a workload have fared, batch by batch.
    package func guardRecord(of workload: WorkloadID) throws -> GuardRecord {
        try read { db in
            let row = try Row.fetchOne(
                db.cachedStatement(
                    sql: """
                        WITH own AS (SELECT * FROM batch WHERE workload = ?1 AND phase <> 'released'),
                          first AS (SELECT * FROM own WHERE ended_rows > 0 ORDER BY id LIMIT 1)
                        SELECT w.total, w.guarded_after IS NOT NULL AS is_let_go_on,
                          (SELECT count(*) FROM own WHERE phase <> 'settled') AS under_way,
                          (SELECT sum(ended_rows) FROM own WHERE id > coalesce(w.guarded_after, 0)) AS ended,
                          (SELECT sum(failed_rows) FROM own WHERE id > coalesce(w.guarded_after, 0)) AS failed,
                          first.rows AS first_rows, first.failed_rows AS first_failed,
                          first.phase = 'settled' AS is_settled,
                          EXISTS (SELECT 1 FROM own WHERE id > first.id) AS is_followed
                        FROM workload w LEFT JOIN first WHERE w.id = ?1
                        """), arguments: [workload.rawValue])
            guard let row else { throw StoreError.noWorkload(workload) }
            let first = (row["first_rows"] as Int64?).map {
                GuardRecord.First(
                    rows: $0, failed: row["first_failed"], isSettled: row["is_settled"],
                    isFollowed: row["is_followed"])
            }
            return GuardRecord(
                rows: row["total"], first: first, underWay: row["under_way"], ended: row["ended"] ?? 0,
                failed: row["failed"] ?? 0, isLetGoOn: row["is_let_go_on"])
        }
    }

    /// Batches whose counts of outcomes are not those of their rows, with what was kept and what was counted.
    ///
    /// A row that a person had sent again counts in each batch that gave it an outcome, and stands in the last one: so
    /// where that happened a batch may have counted more.
    package func oddOutcomes(of workload: WorkloadID) throws -> [(
        batch: BatchID, kept: String, counted: String
    )] {
        try read { db in
            try Row.fetchAll(
                db,
                sql: """
                    WITH counted AS (
                      SELECT batch, count(*) FILTER (WHERE state IN (2, 3, 4)) AS ended,
                        count(*) FILTER (WHERE state IN (3, 4)) AS failed
                      FROM row_state WHERE key BETWEEN ?2 AND ?3 GROUP BY batch),
                    sent_again AS (SELECT EXISTS (SELECT 1 FROM event
                      WHERE workload = ?1 AND kind = 'released' AND batch IS NULL) AS any)
                    SELECT b.id, b.ended_rows, b.failed_rows, coalesce(c.ended, 0) AS ended,
                      coalesce(c.failed, 0) AS failed
                    FROM batch b JOIN workload w ON w.id = b.workload AND w.cancel_wanted = 0
                      CROSS JOIN sent_again LEFT JOIN counted c ON c.batch = b.id
                    WHERE b.workload = ?1 AND (b.ended_rows < coalesce(c.ended, 0)
                      OR b.failed_rows < coalesce(c.failed, 0)
                      OR NOT sent_again.any
                        AND (b.ended_rows, b.failed_rows) <> (coalesce(c.ended, 0), coalesce(c.failed, 0)))
                    """,
                arguments: [
                    workload.rawValue, RowKey(workload, 0).rawValue, RowKey(workload, 0xFFFF_FFFF).rawValue,
                ]
            ).map { row in
                (
                    BatchID(row["id"] as Int64),
                    "\(row["ended_rows"] as Int64), \(row["failed_rows"] as Int64)",
                    "\(row["ended"] as Int64), \(row["failed"] as Int64)"
                )
            }
        }
    }
}

extension Database {
    /// Notes that a person lets a workload go on that a guard holds: what it has counted so far counts no more.
    func letGuardsGo(of workload: WorkloadID) throws {
        let reason = try String.fetchOne(
            self, sql: "SELECT reason FROM workload WHERE id = ? AND state = 'held'",
            arguments: [workload.rawValue])
        guard GuardWord(reason: reason) != nil else { return }
        try execute(
            sql: """
                UPDATE workload SET guarded_after = (SELECT max(id) FROM batch WHERE workload = ?1) WHERE id = ?1
                """, arguments: [workload.rawValue])
    }
}
