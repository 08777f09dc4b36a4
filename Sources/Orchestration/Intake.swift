package import BatchCore
import BatchStore
import Crypto
import Spool

/// Why a submission was not accepted. Nothing of it was queued.
package enum SubmissionRefused: Error, Sendable {
    /// The input is not good: the first defects with their line, and how many there are.
    case defects([Defect], total: Int64)
    /// There is no row in it.
    case empty
    /// The same content is in the queue already.
    case duplicateContent(of: WorkloadID)
    /// The submission key belongs to a workload with other content.
    case keyTaken(by: WorkloadID)
    /// Too little space is left on the disk: accepting more would endanger what was accepted.
    case diskFull(free: Int64, needed: Int64)

    /// One thing that is wrong with the input.
    package struct Defect: Hashable, Sendable {
        /// The line, from 1.
        package let line: Int64
        /// What is wrong in it, and at which byte.
        package let defect: LineDefect
    }
}

/// When a workload's jobs are begun, among others.
package struct Precedence: Sendable {
    /// A greater one goes first, within its queue.
    package var priority: Int64
    /// No job is begun before this moment; nil for at once.
    package var startAfter: Timestamp?

    /// In turn, and at once, unless told otherwise.
    package init(priority: Int64 = 0, startAfter: Timestamp? = nil) {
        self.priority = priority
        self.startAfter = startAfter
    }
}

/// One submission on its way in: fed piece by piece, at constant memory, all or nothing.
///
/// Rows become durable while they arrive, in a workload that is still loading; `finish()` accepts it.
/// Whatever goes wrong before that, nothing was promised: call `abandon()`, or let a restart discard it.
package struct Intake: Sendable {
    private static let rowsPerChunk = 20_000
    private static let bytesPerChunk = 8_000_000
    private static let mostDefects = 20
    /// Rows that share an object and are put in line in one transaction.
    private static let rowsPerLineUp = 10_000

    private let orchestrator: Orchestrator
    private let alarm: Alarm
    private let scanner: RowScanner
    private let queue: String
    /// The workload that is loading.
    package let workload: WorkloadID
    private var splitter = LineSplitter(limit: RowScanner.maximumLineBytes)
    private var hash = SHA256()
    private var chunk = IntakeChunk()
    private var objects = ObjectRun()
    private var runs: Int64 = 0
    private var stored: Int64 = 0
    private var lines: Int64 = 0
    private var bytes: Int64 = 0
    private var defects: [SubmissionRefused.Defect] = []
    private var defectCount: Int64 = 0

    /// Opens a workload for loading.
    ///
    /// - Throws: `SubmissionRefused.diskFull`, or what the store reports.
    package init(
        to policy: QueuePolicy, name: String, when: Precedence = Precedence(), orchestrator: Orchestrator,
        alarm: Alarm
    ) async throws {
        try orchestrator.disk.requireRoom()
        self.orchestrator = orchestrator
        self.alarm = alarm
        scanner = RowScanner(endpoint: policy.endpoint, context: policy.context)
        queue = policy.name
        workload = try await orchestrator.begin(
            queue: policy.name, name: name, family: policy.endpoint.family, when: when)
    }

    /// Takes in the next bytes of the input.
    package mutating func feed(_ piece: UnsafeRawBufferPointer) {
        bytes += Int64(piece.count)
        hash.update(bufferPointer: piece)
        // Locals, because the splitter and what its lines go to are parts of the same value.
        var splitter = splitter
        splitter.feed(piece) { line, _ in take(line) }
        self.splitter = splitter
    }

    /// True when enough rows have gathered to be stored: `flush()` then.
    package var isFull: Bool {
        chunk.rowCount >= Self.rowsPerChunk || chunk.byteCount >= Self.bytesPerChunk
    }

    /// Has the rows that have gathered stored by a task of `writes`, while the next ones are read. Of one intake at
    /// most one such task is under way.
    ///
    /// - Throws: `SubmissionRefused.diskFull`, or what the store reports of the rows before.
    package mutating func flush(in writes: inout ThrowingTaskGroup<Void, any Error>) async throws {
        try await writes.next()
        guard let (rows, first) = try cut() else { return }
        writes.addTask { [orchestrator, workload] in
            try await orchestrator.append(rows, to: workload, first: first)
        }
        if objects.isFull { try await storeObjects() }
    }

    /// Stores the rows that have gathered. Every task that stores others has ended.
    ///
    /// - Throws: `SubmissionRefused.diskFull`, or what the store reports.
    package mutating func flush() async throws {
        guard let (rows, first) = try cut() else { return }
        try await orchestrator.append(rows, to: workload, first: first)
        if objects.isFull { try await storeObjects() }
    }

    /// Takes the rows that have gathered, the first one being row `first`; nil when none is to be stored.
    private mutating func cut() throws -> (rows: IntakeChunk, first: Int64)? {
        guard chunk.rowCount > 0, defectCount == 0 else {
            chunk.removeAll()
            return nil
        }
        // What was accepted before must not suffer from what arrives.
        try orchestrator.disk.requireRoom()
        let (rows, first) = (chunk, stored)
        objects.append(chunk, first: stored)
        stored += Int64(chunk.rowCount)
        chunk = IntakeChunk(roomFor: rows)
        return (rows, first)
    }

    /// Accepts the workload: when this returns, its rows are durable and promised.
    ///
    /// - Returns: the workload; an earlier one when `key` was used before with the same content.
    /// - Throws: `SubmissionRefused`; the workload is still there then, loading: `abandon()` it.
    package mutating func finish(key: String?, allowDuplicate: Bool) async throws -> (
        WorkloadID, existing: Bool
    ) {
        var splitter = splitter
        splitter.finish { line, _ in take(line) }
        self.splitter = splitter
        try await flush()
        try noteDuplicates()
        guard defectCount == 0 else { throw SubmissionRefused.defects(defects, total: defectCount) }
        guard stored > 0 else { throw SubmissionRefused.empty }
        let digest = Digest(Array(hash.finalize()))
        if let key,
            let (earlier, content) = try orchestrator.store.workload(
                submittedWith: key, to: queue)
        {
            guard content == digest else { throw SubmissionRefused.keyTaken(by: earlier) }
            return (earlier, existing: true)
        }
        do {
            try await storeObjects()
            try await orchestrator.seal(workload, sha256: digest, key: key, allowDuplicate: allowDuplicate)
            let laidOut = try await lineUp()
            try await orchestrator.accept(
                workload, rows: stored, bytes: bytes, sha256: digest, key: key,
                allowDuplicate: allowDuplicate, laidOut: laidOut)
        } catch StoreError.duplicateContent(let earlier) {
            throw SubmissionRefused.duplicateContent(of: earlier)
        } catch StoreError.keyTaken(let earlier) {
            throw SubmissionRefused.keyTaken(by: earlier)
        }
        alarm.ring()
        return (workload, existing: false)
    }

    /// Has what was loaded removed, soon.
    package func abandon() async {
        await orchestrator.abandon(workload)
        alarm.ring()
    }

    /// Looks for ids that stand in more than one of the lines that were stored.
    private mutating func noteDuplicates() throws {
        let duplicates = try orchestrator.store.duplicateRows(of: workload, limit: Self.mostDefects)
        defectCount += duplicates.total
        defects += duplicates.first.map { row in
            SubmissionRefused.Defect(
                line: row.number + 1,
                defect: LineDefect(column: 1, reason: "the id stands in line \(row.first + 1) already"))
        }
        defects = Array(defects.sorted { $0.line < $1.line }.prefix(Self.mostDefects))
    }

    /// Stores which objects the rows since the last time act on.
    private mutating func storeObjects() async throws {
        guard !objects.isEmpty else { return }
        objects.sort()
        try await orchestrator.append(objects, runs, to: workload)
        runs += 1
        objects.removeAll()
    }

    /// Compares the workload with itself and with those before it, and lets rows for the same object wait for
    /// each other, in the order of submission.
    ///
    /// Many short steps: on a large workload it takes seconds, and the daemon works on meanwhile.
    /// - Returns: how many rows have been given their state by that: all of them when some wait, else none.
    private func lineUp() async throws -> Int64 {
        guard runs > 0 else { return 0 }
        var comparison = try ObjectComparison(of: workload, in: orchestrator.store)
        var anyWait = false
        while let rows = try comparison.next(limit: Self.rowsPerLineUp) {
            if rows.isEmpty {
                await Task.yield()
            } else {
                try await orchestrator.lineUp(rows, of: workload)
                anyWait = true
            }
        }
        var laidOut: Int64 = 0
        while anyWait, laidOut < stored {
            laidOut = try await orchestrator.layOut(workload, from: laidOut, rows: stored)
        }
        return laidOut
    }

    private mutating func take(_ line: LineSplitter.Line) {
        lines += 1
        do throws(LineDefect) {
            switch line {
            case .whole(let bytes):
                let row = try scanner.scan(bytes)
                if defectCount == 0 { chunk.append(bytes, row) }
            case .tooLong(let count):
                throw LineDefect(
                    column: RowScanner.maximumLineBytes + 1,
                    reason: "the line has \(count) bytes; the limit is \(RowScanner.maximumLineBytes)")
            }
        } catch {
            note(error, line: lines)
        }
    }

    private mutating func note(_ defect: LineDefect, line: Int64) {
        defectCount += 1
        if defects.count < Self.mostDefects { defects.append(.init(line: line, defect: defect)) }
    }
}
