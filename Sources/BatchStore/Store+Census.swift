package import BatchCore
import GRDB

/// The workloads of a queue that are in one state, and their rows.
package struct Census: Hashable, Sendable {
    /// The queue's name.
    package let queue: String
    /// The state.
    package let state: WorkloadState
    /// How many workloads there are.
    package let workloads: Int
    /// All their rows.
    package let rows: RowCounts
}

extension Store {
    /// What there is, by queue and state. It reads the counts of workloads, and no row.
    package func census() throws -> [Census] {
        try read { db in
            try Row.fetchAll(
                db.cachedStatement(
                    sql: """
                        SELECT queue, state, count(*) AS workloads, sum(queued) AS queued,
                          sum(in_flight) AS in_flight, sum(succeeded) AS succeeded, sum(failed) AS failed,
                          sum(held) AS held, sum(canceled) AS canceled
                        FROM workload WHERE state <> 'loading' GROUP BY queue, state
                        """)
            ).compactMap { row in
                guard let state = WorkloadState(rawValue: row["state"]) else { return nil }
                var counts = RowCounts()
                for state in RowState.allCases { counts[state] = row[state.word] }
                return Census(
                    queue: row["queue"], state: state, workloads: row["workloads"], rows: counts)
            }
        }
    }
}
