import BatchCore
import BatchStore
import Spool

/// Gives rows their outcomes, from the archive.
struct Settler {
    let parts: Parts

    /// Rows written in one transaction: enough to make sorting pay, short enough that nobody waits.
    private static let rowsPerChunk = 100_000
    /// The longest result line that is read, in bytes. A longer one leaves its row without a result.
    static let maximumLineBytes = 16 << 20

    /// Settles the rows of an archived batch, from where the last run stopped.
    func settle(_ batch: Batch, _ ending: JobEnding) async throws {
        guard let record = try parts.store.batch(batch.id), let job = batch.phase.job else { return }
        let dueBase = record.changedAt
        if record.results != nil {
            do {
                try await settleLines(batch, job, ending, dueBase)
            } catch let damage as ArchiveDamage {
                return try await parts.orchestrator.stall(batch.id, "archive_damaged: \(damage)")
            }
        }
        while try await !parts.orchestrator.settleAbsent(of: batch.id, ending: ending, dueBase: dueBase) {
            try Task.checkCancellation()
        }
        try await parts.orchestrator.settled(batch.id, ending: ending)
    }

    private func settleLines(_ batch: Batch, _ job: JobID, _ ending: JobEnding, _ dueBase: Timestamp)
        async throws
    {
        try await withThrowingTaskGroup(of: Void.self) { writes in
            let offset = try parts.store.settledBytes(of: batch.id)
            var reader = try ResultReader(try parts.folder(of: batch).resultsPath(of: job), from: offset)
            var splitter = LineSplitter(limit: Self.maximumLineBytes, offset: offset)
            var chunk = Chunk(start: offset)
            // While one chunk is written the next one is read; never more than these two are in memory.
            func hand(_ whole: Chunk) async throws {
                let found = try parts.store.find(whole.lines, of: batch)
                try await writes.next()
                writes.addTask {
                    try await parts.orchestrator.settle(
                        found, odd: whole.odd, of: batch.id, ending: ending, from: whole.start, to: whole.end,
                        dueBase: dueBase)
                }
            }
            while try reader.next({ bytes in splitter.feed(bytes) { line, end in chunk.add(line, end) } }) {
                // Files of other batches are read by the same thread.
                await Task.yield()
                guard chunk.lines.count >= Self.rowsPerChunk else { continue }
                try await hand(chunk)
                // A stop does not wait for the end of a large file: the next start goes on where this one stood.
                try Task.checkCancellation()
                chunk = Chunk(start: chunk.end)
            }
            splitter.finish { line, end in chunk.add(line, end) }
            if chunk.end > chunk.start { try await hand(chunk) }
            try await writes.waitForAll()
        }
    }

    /// Lines that were read and are not settled yet.
    private struct Chunk {
        private(set) var lines = ResultChunk(roomFor: Settler.rowsPerChunk)
        private(set) var odd: Int64 = 0
        let start: Int64
        private(set) var end: Int64

        init(start: Int64) {
            self.start = start
            end = start
        }

        mutating func add(_ line: LineSplitter.Line, _ end: Int64) {
            self.end = end
            // What is not a result leaves its row without one, and is counted.
            guard case .whole(let bytes) = line, let result = try? ResultScanner.scan(bytes) else {
                odd += 1
                return
            }
            lines.append(result)
        }
    }
}
