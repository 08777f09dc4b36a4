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
            case .succeeded: line.state = .succeeded
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

        var counts: RowCounts {
            var counts = RowCounts()
            for row in rows { counts[row.state] += 1 }
            return counts
        }

        /// The rows that the next batch carries, in the order of its file.
        func claimed(_ most: Int, at now: Timestamp) -> [Int] {
            guard !isCanceling, !isOver, !isHeld else { return [] }
            let queued = rows.indices.filter { rows[$0].state == .queued }
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
}
