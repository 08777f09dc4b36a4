import BatchCore

/// The store's promise in the simplest form: a list of rows, each with its state.
struct Model {
    struct Line: Hashable {
        var state = RowState.queued
        var attempts = 0
        var doubts = 0
        /// The batch that carries it.
        var batch: BatchID?
        /// When it goes again; nil for a row that no attempt has touched.
        var due: Timestamp?
        var hasFate = false
        var object = ""
        /// It waits for rows before it with the same object.
        var waits = false
        /// Its place in line after a person had it sent again.
        var latePlace: Int?

        /// The row after an attempt, by the words of `RowDecision`.
        func after(_ decision: RowDecision, isAbsent: Bool, canceling: Bool, dueBase: Timestamp) -> Line {
            var line = self
            line.batch = nil
            line.due = nil
            if !isAbsent || decision != .returned { line.hasFate = true }
            switch decision {
            case .returned, .systemic, .held(.validation): break
            default: line.attempts += 1
            }
            switch decision {
            case .again(_, doubt: true), .held(.unknownOutcome), .held(.resultsExpired): line.doubts += 1
            default: break
            }
            switch decision {
            case .succeeded, .succeededByRule: line.state = .succeeded
            case .failed: line.state = .failed
            case .held: line.state = .held
            case .again, .returned, .systemic:
                line.state = canceling ? line.doubts > 0 ? .held : .canceled : .queued
                if line.state == .queued, line.hasFate {
                    if case .again(let delay, _) = decision {
                        line.due = dueBase + delay
                    } else {
                        line.due = dueBase
                    }
                }
            }
            return line
        }
    }

    struct Load {
        var rows: [Line]
        var isCanceling = false
        var isOver = false
        var isHeld = false
        /// It is not accepted yet, but others may have to wait for its rows.
        var isLoading = false
        var isPaused = false
        var place = 0

        /// Where a row stands among all others.
        func place(of number: Int) -> (Int, Int) { (rows[number].latePlace ?? place, number) }

        /// True when nothing more happens to the row.
        func isLast(_ row: Line) -> Bool {
            switch row.state {
            case .succeeded, .failed, .canceled: true
            case .held: isCanceling || isOver
            case .queued, .inFlight: false
            }
        }

        /// When it next has rows to send.
        var nextDue: Timestamp? {
            let queued = rows.filter { $0.state == .queued && !$0.waits }
            return queued.contains { !$0.hasFate }
                ? Timestamp(milliseconds: 0) : queued.compactMap(\.due).min()
        }

        var counts: RowCounts {
            var counts = RowCounts()
            for row in rows { counts[row.state] += 1 }
            return counts
        }

        /// The rows that the next batch carries, in the order of its file.
        func claimed(_ most: Int, at now: Timestamp) -> [Int] {
            guard !isCanceling, !isOver, !isHeld, !isLoading, !isPaused else { return [] }
            let queued = rows.indices.filter { rows[$0].state == .queued && !rows[$0].waits }
            let due = queued.filter { rows[$0].due.map { $0 <= now } ?? false }
                .sorted { (rows[$0].due!, $0) < (rows[$1].due!, $1) }.prefix(most)
            let fresh = queued.filter { !rows[$0].hasFate }.prefix(most - due.count)
            return due.sorted() + fresh
        }

        func carried(by batch: BatchID) -> [Int] {
            rows.indices.filter { rows[$0].batch == batch }
        }

        mutating func cancel(_ numbers: [Int]) {
            for number in numbers {
                rows[number].state = rows[number].doubts > 0 ? .held : .canceled
                rows[number].batch = nil
                rows[number].due = nil
                rows[number].waits = false
            }
        }
    }

    struct Journey {
        var batch: Batch
        /// How many pieces its results have, and how many are settled.
        var pieces: Int64 = 0
        var settled: Int64 = 0
        var dueBase = Timestamp(milliseconds: 0)
    }

    var loads: [WorkloadID: Load] = [:]
    var journeys: [BatchID: Journey] = [:]

    /// True when a row before this one, with the same object, may still be sent.
    func isBehind(_ number: Int, of load: Load) -> Bool {
        loads.values.contains { other in
            guard other.place > 0 else { return false }
            return other.rows.indices.contains {
                other.rows[$0].object == load.rows[number].object && !other.isLast(other.rows[$0])
                    && other.place(of: $0) < load.place(of: number)
            }
        }
    }

    /// True when each queued row, if there is one, waits behind a held row of the same workload.
    func areAllBehindOwnHeldRows(_ load: Load) -> Bool {
        load.rows.allSatisfy { row in
            guard row.state == .queued else { return true }
            guard row.waits else { return false }
            let line = loads.values.filter { $0.place > 0 }.flatMap { other in
                other.rows.indices.filter {
                    other.rows[$0].object == row.object && !other.isLast(other.rows[$0])
                }.map { (place: other.place(of: $0), row: other.rows[$0], isOwn: other.place == load.place) }
            }
            guard let first = line.min(by: { $0.place < $1.place }) else { return false }
            return first.isOwn && first.row.state == .held
        }
    }

    /// The place behind everybody.
    var nextPlace: Int {
        1 + (loads.values.flatMap { [$0.place] + $0.rows.compactMap(\.latePlace) }.max() ?? 0)
    }

    /// Rows that waited and have nobody ahead any more are due.
    mutating func callNext(at now: Timestamp) {
        for (id, load) in loads {
            for number in load.rows.indices where load.rows[number].waits && !isBehind(number, of: load) {
                loads[id]!.rows[number].waits = false
                loads[id]!.rows[number].due = now
            }
        }
    }
}
