import BatchCore
import Foundation
import GRDB
import Testing

@testable import BatchStore

/// A fresh database on disk, and the verbs of the store in the form in which tests need them.
final class Bench {
    let folder: String
    private(set) var store: Store
    var now = Timestamp(milliseconds: 1_900_000_000_000)

    var path: String { folder + "/batchd.db" }

    init() throws {
        folder = NSTemporaryDirectory() + "/batch-store-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        store = try Store(path: folder + "/batchd.db")
    }

    deinit {
        try? store.close()  // A test may have closed it.
        try? FileManager.default.removeItem(atPath: folder)  // Nothing depends on it being gone.
    }

    /// As after a restart.
    func reopen() throws {
        try store.close()
        store = try Store(path: path)
    }

    /// A connection past the store, as an adversary or a person with `sqlite3` has it.
    func outside<T>(_ body: (Database) throws -> T) throws -> T {
        let queue = try DatabaseQueue(path: path)
        defer { try? queue.close() }  // Nothing was left unfinished.
        return try queue.inDatabase(body)
    }

    func sql(_ statement: String) throws {
        try outside { try $0.execute(sql: statement) }
    }

    func number(_ query: String) throws -> Int64 {
        try outside { try Int64.fetchOne($0, sql: query) ?? 0 }
    }

    // MARK: - Rows and workloads

    static func line(_ id: String, object: String = "c", padding: Int = 0) -> [UInt8] {
        Array(
            "{\"id\":\"\(id)\",\"path_params\":{\"customer\":\"\(object)\"},\"params\":{\"p\":\"\(String(repeating: "x", count: padding))\"}}"
                .utf8)
    }

    static func chunk(
        _ ids: [String], objects: [String]? = nil, padding: (String) -> Int = { _ in 0 }
    ) throws -> IntakeChunk {
        let scanner = RowScanner(endpoint: Endpoint("POST /v1/customers/:customer")!)
        var chunk = IntakeChunk()
        for (index, id) in ids.enumerated() {
            try line(id, object: objects?[index] ?? "c", padding: padding(id)).withUnsafeBufferPointer {
                chunk.append($0, try scanner.scan($0))
            }
        }
        return chunk
    }

    static func digest(_ byte: UInt8) -> Digest { Digest([UInt8](repeating: byte, count: 32)) }

    static func name(_ number: Int64) -> String { "r\(number)" }

    func load(_ rows: Int64, first: Int64 = 0, queue: String = "q") throws -> WorkloadID {
        let id = try store.beginWorkload(queue: queue, name: "n", at: now)
        let names = (first..<first + rows).map(Self.name)
        try store.appendRows(try Self.chunk(names), to: id, first: 0)
        return id
    }

    /// An accepted workload with rows `r0`, `r1`, …, loaded in chunks of `perChunk`.
    func workload(
        _ rows: Int64, perChunk: Int64 = 1000, digest: UInt8? = nil, padding: (String) -> Int = { _ in 0 }
    ) throws -> WorkloadID {
        let id = try store.beginWorkload(queue: "q", name: "n", at: now)
        for first in stride(from: 0, to: rows, by: Int64.Stride(perChunk)) {
            let names = (first..<min(rows, first + perChunk)).map(Self.name)
            try store.appendRows(try Self.chunk(names, padding: padding), to: id, first: first)
        }
        try store.accept(
            id, rows: rows, bytes: 1, sha256: Self.digest(digest ?? UInt8(truncatingIfNeeded: id.rawValue)),
            key: nil, allowDuplicate: true, at: now)
        return id
    }

    // MARK: - Batches

    static func policy(_ endpoint: String = "POST /v1/customers/:customer") -> QueuePolicy {
        QueuePolicy(
            name: "q", account: AccountPolicy(name: "main", apiVersion: "2026-09-30.preview"),
            endpoint: Endpoint(endpoint)!)
    }

    static func size(rows: Int64, bytes: Int64 = 1 << 40) -> BatchSize {
        var policy = policy()
        policy.maxRowsPerJob = rows
        policy.maxBytesPerJob = bytes
        return BatchSize(
            policy: policy, seen: BatchSize.Seen(rowRate: 1e6, uploadRate: 1e10), limits: Limits())
    }

    func claim(_ workload: WorkloadID, rows: Int64 = 1_000_000, bytes: Int64 = 1 << 40) throws -> Batch? {
        try store.claim(
            from: workload, policy: Self.policy(), size: Self.size(rows: rows, bytes: bytes), at: now)
    }

    /// The phases of a journey, up to the one named.
    func journey(_ batch: Batch, to name: String, ending: JobEnding = .complete) -> [BatchPhase] {
        let file = InputFile(bytes: 10, sha256: Self.digest(1))
        let intent = CreateIntent(key: IdempotencyKey("k\(batch.id)"), body: [1], askedAt: now)
        let job = JobID("job_\(batch.id)")
        let deadline = now + .minutes(5)
        let phases: [BatchPhase] = [
            .staging, .staged(file), .creating(file, intent),
            .awaitingUpload(file, job: job, deadline: deadline),
            .uploading(file, job: job, deadline: deadline), .processing(job: job, pollAt: now),
            .collecting(job: job, ending, until: now + .days(7)), .archived(job: job, ending), .settled,
        ]
        return Array(phases.prefix { $0.name != name }) + phases.filter { $0.name == name }
    }

    /// Leads a batch from phase to phase, as far as `archived`; `bytes` is the size of its results.
    @discardableResult
    func lead(_ batch: Batch, to name: String, ending: JobEnding = .complete, bytes: Int64? = nil) throws
        -> Batch
    {
        var batch = batch
        for phase in journey(batch, to: name, ending: ending).drop(while: { $0.name != batch.phase.name })
            .dropFirst()
        {
            let before = batch.phase
            batch.phase = phase
            if phase.name == "archived" {
                try store.archived(batch, was: before, results: bytes.map(Self.facts), at: now)
            } else {
                try store.record(batch, was: before, at: now)
            }
        }
        return batch
    }

    static func facts(_ bytes: Int64) -> ArchivedFacts {
        ArchivedFacts(
            rawBytes: bytes, rawSHA256: digest(2), storedBytes: 1, storedSHA256: digest(3), lines: 1)
    }

    func release(_ batch: Batch, _ reason: ReleaseReason = .windowMissed) throws {
        var released = batch
        released.phase = .released(reason)
        try store.release(released, was: batch.phase, failure: nil, at: now)
        try clear(batch.workload)
    }

    /// Cancels a workload, and all that is left of it in small pieces; the batches that carry the wish.
    @discardableResult
    func cancel(_ workload: WorkloadID, now immediately: Bool = false) throws -> [BatchID] {
        let batches = try store.cancel(workload, now: immediately, at: now)
        try clear(workload)
        return batches
    }

    /// Ends what is left of a canceled workload, in small pieces.
    func clear(_ workload: WorkloadID) throws {
        var cursor: Int64? = 0
        while let place = cursor {
            cursor = try store.cancelSome(of: workload, from: place, limit: 3, at: now)
        }
    }

    /// Rows by state, as one pass over the pages gives them.
    func states(of workload: WorkloadID) throws -> [Int64: RowRecord] {
        var all: [Int64: RowRecord] = [:]
        var after: Int64? = -1
        while let position = after {
            let page = try store.rows(of: workload, after: position, limit: 37)
            for row in page.rows { all[row.number] = row }
            after = page.next
        }
        return all
    }

    /// Ids of a batch's rows in the order of its file, read in small pieces.
    func input(of batch: Batch, pieces: Int = 200) throws -> [String] {
        var ids: [String] = []
        var cursor: InputCursor? = .start
        while let position = cursor {
            cursor = try store.input(of: batch, after: position, maxBytes: pieces) { line, _ in
                let text = String(decoding: line, as: UTF8.self)
                ids.append(String(text.dropFirst(7).prefix { $0 != "\"" }))
            }
        }
        return ids
    }

    /// Every line of every table: equal before and after means that nothing changed.
    func everything() throws -> [String: [String]] {
        try outside { db in
            var all: [String: [String]] = [:]
            let tables = try String.fetchAll(
                db, sql: "SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name")
            for table in tables {
                all[table] = try Row.fetchAll(db, sql: "SELECT * FROM \(table)").map(\.debugDescription)
                    .sorted()
            }
            return all
        }
    }
}
