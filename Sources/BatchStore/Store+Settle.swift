package import BatchCore
import GRDB

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
    /// Looks up which rows of a batch result lines name; lines that name none are left out. It only reads: the ids of
    /// an accepted workload never change.
    ///
    /// - Parameter mark: where settling stood when the first line of the file was read.
    package func find(
        _ lines: ResultChunk, of batch: Batch, from mark: SettledMark = SettledMark()
    ) throws -> RowResults {
        try read { db in
            var results = RowResults(roomFor: lines.count)
            // Rows that were settled up to the mark are in flight no more, and have their lines all the same.
            guard let rows = mark.row < 0 ? try db.extent(of: batch) : 0...0xFFFF_FFFF else { return results }
            let numbers = try db.numbersOfRows(
                hashed: lines.hashes, in: batch.workload, among: rows, trusting: true, id: lines.id)
            var order: [UInt64] = []
            order.reserveCapacity(numbers.count)
            for (line, number) in numbers.enumerated() {
                if let number { order.append(UInt64(number) << 32 | UInt64(line)) }
            }
            // Of two lines for one row the first one counts.
            order.sort()
            for entry in order {
                let line = Int(entry & 0xFFFF_FFFF)
                results.append(UInt32(entry >> 32), status: lines.status(line), error: lines.error(line))
            }
            return results
        }
    }

    /// Settles rows by their results, and remembers how far the file is settled.
    ///
    /// `decide` weighs a result; `dueBase` is the moment from which pauses count, the same for the whole
    /// batch. `odd` counts lines that could not be read, or for which no row was found.
    /// - Throws: `StoreError.staleTransition` when settling no longer stands at `mark`.
    package func settle(
        _ results: RowResults, odd: Int64, of batch: Batch, from mark: SettledMark, to newMark: SettledMark,
        dueBase: Timestamp, at now: Timestamp, decide: (ResultLine, RowHistory) -> RowDecision
    ) throws -> SettleTally {
        try write { db in
            var tally = SettleTally()
            var writer = try RowWriter(db, batch: batch, dueBase: dueBase, now: now)
            // Its id has led to the row, and nobody asks for it any more.
            var line = ResultLine(id: "", status: 0)
            for index in 0..<results.count {
                (line.status, line.error) = (Int(results.status(index)), results.error(index))
                let key = RowKey(batch.workload, Int64(results.number(index)))
                guard let decision = try writer.settle(key, line, { decide(line, $0) }) else { continue }
                tally.rows += 1
                if decision == .systemic, !tally.isHeld {
                    let code = line.error?.code.map { " \($0)" } ?? ""
                    tally.isHeld = try db.hold(
                        batch.workload,
                        reason: "not_permitted: rows are refused with HTTP \(line.status)\(code)",
                        at: now)
                }
            }
            tally.odd = odd + Int64(results.count) - tally.rows
            try writer.turns?.finish()
            for rule in writer.rules { try db.note(rule, thatDecidedIn: batch.id) }
            try db.move(writer.moves, in: batch.workload)
            try db.countOutcomes(writer.moves, in: batch.id)
            try db.changeOne(
                """
                UPDATE batch SET settled_bytes = ?, settled_row = ?, settled_rows = settled_rows + ?,
                  odd_lines = odd_lines + ?
                WHERE id = ? AND phase = 'archived' AND settled_bytes = ? AND settled_row = ?
                """,
                [
                    newMark.bytes, newMark.row, tally.rows, tally.odd, batch.id.rawValue, mark.bytes,
                    mark.row,
                ], else: .staleTransition(batch.id, expected: "archived at \(mark)"))
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
            if own.isEmpty {
                tally.isComplete = writer.slices.isEmpty
                // What a canceled job left behind lies in many short runs.
                var left = limit
                for slice in writer.slices where left > 0 {
                    let last = min(slice.upperBound, slice.lowerBound + left - 1)
                    tally.rows += try writer.settleAbsent(in: slice, upTo: last, decide)
                    left -= last - slice.lowerBound + 1
                }
            }
            try writer.turns?.finish()
            try db.move(writer.moves, in: batch.workload)
            try db.countOutcomes(writer.moves, in: batch.id)
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

extension Database {
    /// Counts the rows that got their outcome in a batch.
    fileprivate func countOutcomes(_ moves: RowMoves, in batch: BatchID) throws {
        let failed = moves.delta[.failed] + moves.delta[.held]
        let ended = moves.delta[.succeeded] + failed
        guard ended > 0 else { return }
        try execute(
            sql: "UPDATE batch SET ended_rows = ended_rows + ?, failed_rows = failed_rows + ? WHERE id = ?",
            arguments: [ended, failed, batch.rawValue])
    }

    /// Between which rows those of the batch lie that are in flight; nil when it has none.
    fileprivate func extent(of batch: Batch) throws -> ClosedRange<Int64>? {
        let row = try Row.fetchOne(
            self,
            sql: """
                SELECT min(first), max(last) FROM (
                  SELECT min(first_row) AS first, max(last_row) AS last FROM slice WHERE batch = ?1
                  UNION ALL SELECT min(key) & 4294967295, max(key) & 4294967295 FROM row_state
                    WHERE batch = ?1 AND state = 1)
                """, arguments: [batch.id.rawValue])
        guard let first = row?[0] as Int64?, let last = row?[1] as Int64? else { return nil }
        return first...last
    }
}
