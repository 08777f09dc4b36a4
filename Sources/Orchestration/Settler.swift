import BatchCore
import BatchStore
import Env
import Spool

/// What is settled, and how.
struct Settling: Sendable {
    let batch: BatchID
    let ending: JobEnding
    /// The moment from which the pauses of its rows count.
    let dueBase: Timestamp
}

/// Gives rows their outcomes, from the archive.
struct Settler {
    let parts: Parts

    /// A larger file is sorted on the disk: see `ResultRuns`.
    private var rowsAtOnce: Int { parts.settings.limits.resultsAtOnce }
    /// The longest result line that is read, in bytes. A longer one leaves its row without a result.
    static let maximumLineBytes = 16 << 20

    /// Settles the rows of an archived batch, from where the last run stopped.
    func settle(_ batch: Batch, _ ending: JobEnding) async throws {
        guard let record = try parts.store.batch(batch.id), let job = batch.phase.job else { return }
        let dueBase = record.changedAt
        let began = parts.clock.now()
        if record.results != nil {
            do {
                try await settleLines(batch, job, ending, dueBase)
            } catch let damage as ArchiveDamage {
                return try await parts.orchestrator.stall(batch.id, "archive_damaged: \(damage)")
            }
        }
        while try await !parts.orchestrator.settleAbsent(of: batch.id, ending: ending, dueBase: dueBase) {
            try await makeWay()
        }
        try await parts.orchestrator.settled(batch.id, ending: ending)
        parts.orchestrator.meters.settled(parts.clock.now() - began, in: batch.queue)
    }

    private func settleLines(_ batch: Batch, _ job: JobID, _ ending: JobEnding, _ dueBase: Timestamp)
        async throws
    {
        let start = try parts.store.settledMark(of: batch.id)
        var reader = try ResultReader(try parts.folder(of: batch).resultsPath(of: job), from: start.bytes)
        var splitter = LineSplitter(limit: Self.maximumLineBytes, offset: start.bytes)
        var chunk = Chunk(start: start.bytes)
        var odd: Int64 = 0
        let deal = parts.spool.resultDeal(of: batch.id, parts: min(512, 1 + Int(batch.rows) / rowsAtOnce))
        func find(_ lines: ResultChunk) throws -> RowResults {
            let results = try parts.store.find(lines, of: batch, from: start)
            odd += Int64(lines.count - results.count)
            return results
        }
        while try reader.next({ bytes in splitter.feed(bytes) { line, end in chunk.add(line, end) } }) {
            try await makeWay()
            if chunk.lines.count >= rowsAtOnce { try deal.append(chunk.take()) }
        }
        splitter.finish { line, end in chunk.add(line, end) }
        odd += chunk.odd
        let end = SettledMark(bytes: chunk.end)
        let settling = Settling(batch: batch.id, ending: ending, dueBase: dueBase)
        let step = try rowsAtOnce(of: batch)
        if deal.isEmpty, start.row < 0, chunk.lines.count <= step {
            guard end.bytes > start.bytes else { return }
            let results = try find(chunk.take())
            return try await parts.orchestrator.settle(results, odd: odd, settling, from: start, to: end)
        }
        try deal.append(chunk.take())
        try deal.finish()
        let runs = parts.spool.resultRuns(of: batch.id)
        while let lines = try deal.next(rowsAtOnce) {
            try runs.append(try find(lines))
            try await makeWay()
        }
        try await settle(runs, step, odd: odd, settling, from: start, to: end)
    }

    /// How many rows are settled in one transaction: fewer when each may end a turn, which looks up another row.
    private func rowsAtOnce(of batch: Batch) throws -> Int {
        try parts.store.hasTurns(batch.workload) ? max(1, rowsAtOnce / 10) : rowsAtOnce
    }

    /// Settles sorted runs, from front to back. While some rows are written the next ones are merged.
    private func settle(
        _ runs: ResultRuns, _ step: Int, odd: Int64, _ settling: Settling, from start: SettledMark,
        to end: SettledMark
    ) async throws {
        try runs.merge()
        var mark = start
        try await withThrowingTaskGroup(of: Void.self) { writes in
            repeat {
                var (results, again) = try runs.next(step, after: mark.row)
                var next = SettledMark(bytes: mark.bytes, row: mark.row)
                if results.count > 0 { next.row = Int64(results.number(results.count - 1)) }
                // What no row can be found for is told once, with the end.
                if runs.isAtEnd { (next, again) = (end, again + odd) }
                try await writes.next()
                let (before, others) = (mark, again)
                writes.addTask { [results, next] in
                    try await parts.orchestrator.settle(
                        results, odd: others, settling, from: before, to: next)
                }
                mark = next
                try await makeWay()
            } while !runs.isAtEnd
            try await writes.waitForAll()
        }
    }

    /// Lines that were read and are not settled yet.
    private struct Chunk {
        private(set) var lines = ResultChunk()
        /// Lines that are no results, of all that were read.
        private(set) var odd: Int64 = 0
        /// Where the last line ends.
        private(set) var end: Int64

        init(start: Int64) { end = start }

        mutating func add(_ line: LineSplitter.Line, _ end: Int64) {
            self.end = end
            // What is not a result leaves its row without one, and is counted.
            guard case .whole(let bytes) = line, let result = try? ResultScanner.scan(bytes) else {
                odd += 1
                return
            }
            lines.append(result)
        }

        /// Gives the lines away, and begins anew behind them.
        mutating func take() -> ResultChunk {
            defer { lines = ResultChunk() }
            return lines
        }
    }
}
