package import BatchCore
import GRDB

// What the past says about the next job: rates, and what was spent. All of it is derived from records.
extension Store {
    /// What the last jobs of a queue showed, and the last uploads of all.
    ///
    /// The slowest of five rates that were measured within an hour of the latest: an odd one is soon forgotten.
    package func ratesSeen(in queue: String, at now: Timestamp) throws -> BatchSize.Seen {
        try read { db in
            let rates = try db.all(
                """
                SELECT row_rate, rate_at FROM batch
                WHERE queue = ? AND rate_at IS NOT NULL AND rate_at <= ? ORDER BY rate_at DESC LIMIT 5
                """, [queue, now.milliseconds]
            ) { (rate: $0["row_rate"] as Double, at: $0["rate_at"] as Int64) }
            let recent = rates.filter { $0.at >= rates[0].at - Duration.hours(1).milliseconds }
            let sendings = try db.all(
                """
                SELECT sent_bytes, sent_ms, uploaded_at FROM batch
                WHERE sent_ms IS NOT NULL ORDER BY upload_began_at DESC LIMIT 5
                """, [], Sending.init(stored:)
            ).compactMap { $0 }
            return BatchSize.Seen(
                rowRate: recent.map(\.rate).min(), uploadRate: Sending.rate(of: sendings.reversed()))
        }
    }

    /// Counts a GET of an account before it is made.
    ///
    /// - Returns: how many the account has made in that month.
    package func countRead(of account: String, in month: String) throws -> Int64 {
        try write { db in
            try Int64.fetchOne(
                db.cachedStatement(
                    sql: """
                        INSERT INTO read_count (account, month, reads) VALUES (?, ?, 1)
                        ON CONFLICT (account, month) DO UPDATE SET reads = reads + 1 RETURNING reads
                        """), arguments: [account, month]) ?? 0
        }
    }

    /// How many GETs an account has made in a month.
    package func reads(of account: String, in month: String) throws -> Int64 {
        try read { db in
            try Int64.fetchOne(
                db.cachedStatement(sql: "SELECT reads FROM read_count WHERE account = ? AND month = ?"),
                arguments: [account, month]) ?? 0
        }
    }

    /// How the last jobs of a workload went, since a person last let it go on. A start is no person: what a
    /// daemon that keeps crashing spends is spent.
    ///
    /// A create that was refused made no job, and holds the workload by itself; one for another account is no
    /// job in vain.
    package func jobRecord(of workload: WorkloadID) throws -> JobRecord {
        try read { db in
            let resumed =
                try Int64.fetchOne(
                    db.cachedStatement(
                        sql: "SELECT max(at) FROM event WHERE workload = ? AND kind = 'resumed'"),
                    arguments: [workload.rawValue]) ?? 0
            let row = try Row.fetchOne(
                db.cachedStatement(
                    sql: """
                        SELECT count(*) FILTER (WHERE ending = 'validation_failed') AS invalid,
                          count(*) FILTER (WHERE ending IS NOT 'validation_failed' AND settled_rows = 0 AND id >
                            (SELECT coalesce(max(id), 0) FROM batch WHERE workload = ?1 AND settled_rows > 0))
                            AS fruitless
                        FROM batch
                        WHERE workload = ?1 AND asked_at IS NOT NULL AND phase IN ('settled', 'released')
                          AND coalesce(release_reason, '') NOT IN ('create_refused', 'account_changed')
                          AND created_at >= ?2
                        """), arguments: [workload.rawValue, resumed])
            return JobRecord(fruitless: row?["fruitless"] ?? 0, invalid: row?["invalid"] ?? 0)
        }
    }
}
