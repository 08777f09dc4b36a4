import BatchCore
import Testing

@testable import BatchStore

/// Workloads whose rows act on objects, in the steps in which the daemon takes them in.
extension Bench {
    static let family = "/v1/customers/"

    /// A loading workload with rows `r0`, `r1`, … for these customers; their objects are stored in runs.
    func load(objects: [String], perRun: Int = .max, queue: String = "q", family: String = family) throws
        -> WorkloadID
    {
        let id = try store.beginWorkload(queue: queue, name: "n", family: family, at: now)
        var first = 0
        var run: Int64 = 0
        while first < objects.count {
            let end = min(objects.count, perRun == .max ? objects.count : first + perRun)
            let chunk = try Self.chunk(
                (first..<end).map { Self.name(Int64($0)) }, objects: Array(objects[first..<end]))
            try store.appendRows(chunk, to: id, first: Int64(first))
            var entries = ObjectRun()
            entries.append(chunk, first: Int64(first))
            entries.sort()
            try store.appendRun(entries, run, to: id)
            (first, run) = (end, run + 1)
        }
        return id
    }

    func seal(_ id: WorkloadID) throws {
        try store.seal(id, sha256: digest(of: id), key: nil, allowDuplicate: true)
    }

    /// Compares a sealed workload, and puts what it finds in line, in pieces of about `limit` rows.
    func lineUp(_ id: WorkloadID, limit: Int = 3) throws {
        var comparison = try ObjectComparison(of: id, in: store)
        while let rows = try comparison.next(limit: limit) { try store.lineUp(rows, of: id) }
    }

    /// Accepts a workload that stands in line, `perStep` rows at a time.
    func accept(_ id: WorkloadID, rows: Int, perStep: Int = .max) throws {
        var laidOut: Int64 = 0
        while perStep < .max, laidOut < rows {
            laidOut = try store.layOut(id, from: laidOut, rows: Int64(rows), at: now, limit: perStep)
        }
        try store.accept(
            id, rows: Int64(rows), bytes: 1, sha256: digest(of: id), key: nil, allowDuplicate: true,
            laidOut: laidOut, at: now)
    }

    /// An accepted workload with one row for each of these customers.
    func submit(
        _ objects: [String], perRun: Int = .max, queue: String = "q", family: String = family
    ) throws -> WorkloadID {
        let id = try load(objects: objects, perRun: perRun, queue: queue, family: family)
        try seal(id)
        try lineUp(id)
        try accept(id, rows: objects.count)
        return id
    }

    /// Settles rows of a batch that has just been claimed, all of it with this decision, and ends the batch.
    func settleAll(_ batch: Batch, _ decision: RowDecision = .succeeded, named ids: [String]? = nil) throws {
        let names = try ids ?? input(of: batch)
        let archived = try lead(batch, to: "archived", bytes: 1)
        _ = try store.settle(
            names.map { ResultLine(id: $0, status: 200) }, odd: 0, of: archived, from: 0, to: 1, dueBase: now,
            at: now
        ) { _, _ in decision }
        while try !store.settleAbsent(of: archived, dueBase: now, decide: { _ in .returned }).isComplete {}
        try store.settled(archived, was: archived.phase, at: now)
        try store.swept(batch.id)
    }

    /// Which rows wait, by number.
    func waiting(in id: WorkloadID) throws -> [Int64] {
        try states(of: id).values.filter { $0.ahead != nil }.map(\.number).sorted()
    }

    private func digest(of id: WorkloadID) -> Digest { Self.digest(UInt8(truncatingIfNeeded: id.rawValue)) }
}
