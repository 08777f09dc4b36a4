package import BatchCore
import BatchStore
import Crypto
import Env
import Spool

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
    private let queue: QueuePolicy
    private let skipsInvalid: Bool
    /// The workload that is loading.
    package let workload: WorkloadID
    private var source: RowSource
    private var hash = SHA256()
    /// Of the lines as they are stored, where that is not what is submitted.
    private var storedHash: SHA256?
    private var storedBytes: Int64 = 0
    private var chunk = IntakeChunk()
    private var objects = ObjectRun()
    private var runs: Int64 = 0
    private var stored: Int64 = 0
    private var places = LinePlaces()
    private var bytes: Int64 = 0
    /// What is wrong: the first lines, and how many there are.
    package private(set) var defects: [SubmissionRefused.Defect] = [], defectCount: Int64 = 0

    /// Opens a workload for loading.
    ///
    /// - Parameter form: how the bytes become rows.
    /// - Parameter skipsInvalid: leaves bad rows out, instead of refusing everything.
    /// - Parameter isTrial: for `check` alone; it cannot be accepted.
    /// - Throws: `SubmissionRefused.diskFull`, or what the store reports.
    package init(
        to policy: QueuePolicy, name: String, form: InputForm = .jsonLines, skipsInvalid: Bool = false,
        when: Precedence = Precedence(), isTrial: Bool = false, orchestrator: Orchestrator, alarm: Alarm
    ) async throws {
        try orchestrator.disk.requireRoom()
        self.orchestrator = orchestrator
        self.alarm = alarm
        source = RowSource(form, RowScanner(endpoint: policy.endpoint, context: policy.context))
        if form != .jsonLines || skipsInvalid { storedHash = SHA256() }
        self.skipsInvalid = skipsInvalid
        queue = policy
        workload = try await orchestrator.begin(
            queue: policy.name, name: name, family: policy.endpoint.family, when: when,
            isTrial: isTrial)
    }

    /// Takes in the next bytes of the input.
    package mutating func feed(_ piece: UnsafeRawBufferPointer) {
        bytes += Int64(piece.count)
        hash.update(bufferPointer: piece)
        // Locals, because the source and what its rows go to are parts of the same value.
        var source = source
        source.feed(piece) { take($0, line: $1) }
        self.source = source
    }

    /// True when enough rows have gathered to be stored: `flush()` then.
    package var isFull: Bool {
        chunk.rowCount >= Self.rowsPerChunk || chunk.byteCount >= Self.bytesPerChunk
            || source.mismatch != nil
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
        if let mismatch = source.mismatch { throw SubmissionRefused.header(mismatch) }
        guard chunk.rowCount > 0, defectCount == 0 || skipsInvalid else {
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
        let digest = try await end()
        if let earlier = try earlier(key, digest) { return (earlier, existing: true) }
        do {
            try await storeObjects()
            try await orchestrator.seal(workload, sha256: digest, key: key, allowDuplicate: allowDuplicate)
            let laidOut = try await lineUp()
            let other = storedHash.map { (bytes: storedBytes, sha256: Digest(Array($0.finalize()))) }
            try await orchestrator.accept(
                workload, rows: stored, bytes: bytes, sha256: digest, stored: other, key: key,
                allowDuplicate: allowDuplicate, laidOut: laidOut)
        } catch {
            throw Self.refusal(error)
        }
        alarm.ring()
        return (workload, existing: false)
    }

    /// Says what would become of the submission, as far as that can be known; nothing is accepted: `abandon()` it.
    ///
    /// - Throws: `SubmissionRefused`, as `finish`.
    package mutating func check(key: String?, allowDuplicate: Bool) async throws -> SubmissionPlan {
        let digest = try await end()
        do {
            if try earlier(key, digest) == nil {
                try orchestrator.store.requireNew(
                    workload, sha256: digest, key: key, allowDuplicate: allowDuplicate)
            }
        } catch {
            throw Self.refusal(error)
        }
        let limits = orchestrator.settings.limits
        let seen = try orchestrator.store.ratesSeen(in: queue.name, at: orchestrator.clock.now())
        let usual = BatchSize(policy: queue, seen: seen, limits: limits)
        let canary = GuardVerdict(GuardRecord(rows: stored), canary: queue.canary, halt: nil)
        let jobs = try orchestrator.store.plannedJobs(of: workload, rows: stored) { number in
            if number == 0, case .canary(let rows) = canary { usual.canary(rows: rows) } else { usual }
        }
        return SubmissionPlan(
            rows: stored, bytes: bytes, jobs: jobs, lanes: queue.maxJobsAtOnce, seen: seen, limits: limits)
    }

    /// Takes in what is left, and makes sure that it can be accepted; the digest of what was submitted.
    private mutating func end() async throws -> BatchCore.Digest {
        var source = source
        source.finish { take($0, line: $1) }
        self.source = source
        try await flush()
        guard defectCount == 0 || skipsInvalid && stored > 0 else {
            try noteDuplicates()
            throw SubmissionRefused.defects(defects, total: defectCount)
        }
        guard stored > 0 else { throw SubmissionRefused.empty }
        let before = (defects, defectCount)
        if skipsInvalid { (defects, defectCount) = ([], 0) }
        try noteDuplicates()
        guard defectCount == 0 || skipsInvalid else {
            throw SubmissionRefused.defects(defects, total: defectCount)
        }
        guard defectCount == 0 else {
            throw SubmissionRefused.repeatedIDs(defects, total: defectCount)
        }
        if skipsInvalid { (defects, defectCount) = before }
        return Digest(Array(hash.finalize()))
    }

    /// The workload that has this key, and the same content.
    private func earlier(_ key: String?, _ digest: BatchCore.Digest) throws -> WorkloadID? {
        guard let key,
            let (earlier, content) = try orchestrator.store.workload(submittedWith: key, to: queue.name)
        else { return nil }
        guard content == digest else { throw SubmissionRefused.keyTaken(by: earlier) }
        return earlier
    }

    private static func refusal(_ error: any Error) -> any Error {
        switch error {
        case StoreError.duplicateContent(let earlier): SubmissionRefused.duplicateContent(of: earlier)
        case StoreError.keyTaken(let earlier): SubmissionRefused.keyTaken(by: earlier)
        default: error
        }
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
                line: places.line(of: row.number),
                defect: LineDefect(
                    column: 1, reason: "the id stands in line \(places.line(of: row.first)) already"))
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

    private mutating func take(_ row: RowSource.Row, line: Int64) {
        switch row {
        case .good(let bytes, let scanned):
            guard defectCount == 0 || skipsInvalid else { return }
            places.note(row: stored + Int64(chunk.rowCount), line: line)
            chunk.append(bytes, scanned)
            storedHash?.update(bufferPointer: UnsafeRawBufferPointer(bytes))
            storedHash?.update(data: [UInt8(ascii: "\n")])
            storedBytes += Int64(bytes.count) + 1
        case .bad(let defect): note(defect, line: line)
        }
    }

    private mutating func note(_ defect: LineDefect, line: Int64) {
        defectCount += 1
        if defects.count < Self.mostDefects { defects.append(.init(line: line, defect: defect)) }
    }
}
