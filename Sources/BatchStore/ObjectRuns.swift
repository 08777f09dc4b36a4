package import BatchCore
import Foundation
import GRDB

/// The objects of some hundred thousand rows, gathered while they arrive, to be stored in the order of objects.
///
/// Storing them one by one in an index would walk through it at random, for every row ever submitted. A sorted
/// run is written from front to back, and read only when workloads are compared.
package struct ObjectRun: Sendable {
    /// So many entries make a run: 8 MB in memory.
    package static let capacity = 500_000
    fileprivate static let entriesPerBlock = 2048
    fileprivate static let bytesPerEntry = 12

    fileprivate struct Entry {
        var object: Int64
        var number: UInt32
    }

    fileprivate var entries: [Entry] = []

    /// Nothing.
    package init() {}

    /// True when there is nothing to store.
    package var isEmpty: Bool { entries.isEmpty }
    /// True when it is time to store it.
    package var isFull: Bool { entries.count >= Self.capacity }

    /// Adds the rows of a chunk that name an object, the chunk's first one being row `first`.
    package mutating func append(_ chunk: IntakeChunk, first: Int64) {
        for (index, entry) in chunk.entries.enumerated() {
            guard let object = entry.object else { continue }
            entries.append(Entry(object: object.rawValue, number: UInt32(first + Int64(index))))
        }
    }

    /// Brings the entries in order: by object, then by row. Takes some time, so not while others wait.
    package mutating func sort() {
        entries.sort { a, b in a.object != b.object ? a.object < b.object : a.number < b.number }
    }

    /// Empties it, keeping its memory.
    package mutating func removeAll() { entries.removeAll(keepingCapacity: true) }

    /// A sorted run of rows that are looked at again.
    init(of rows: [SelectedRow]) {
        entries = rows.compactMap { row in
            row.object.map { Entry(object: $0.rawValue, number: UInt32(row.key.number)) }
        }
        sort()
    }

    /// The entries of a stored block.
    fileprivate static func decoded(_ block: Data) -> (objects: [Int64], numbers: [UInt32]) {
        var decoded: (objects: [Int64], numbers: [UInt32]) = ([], [])
        block.withUnsafeBytes { bytes in
            for offset in stride(from: 0, to: bytes.count - bytesPerEntry + 1, by: bytesPerEntry) {
                decoded.objects.append(
                    Int64(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: Int64.self)))
                decoded.numbers.append(
                    UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: offset + 8, as: UInt32.self)))
            }
        }
        return decoded
    }
}

extension Store {
    /// Stores a sorted run of a loading workload. Its number says which rows it is about: later ones are higher.
    ///
    /// - Throws: `StoreError.wrongState` when the workload was accepted, `noWorkload` when it was discarded.
    package func appendRun(_ run: ObjectRun, _ number: Int64, to workload: WorkloadID) throws {
        try write { db in
            guard try db.isLoading(workload) else { throw StoreError.noWorkload(workload) }
            try db.appendRun(run, number, to: workload)
        }
    }

    /// Removes up to `limit` blocks of a workload of which every row has its outcome: nobody compares with it
    /// any more.
    ///
    /// - Returns: true when none is left.
    package func forgetObjects(of workload: WorkloadID, limit: Int = 200) throws -> Bool {
        try write { try $0.removeBlocks(of: workload, limit: limit) }
    }
}

extension Database {
    /// Stores a sorted run.
    fileprivate func appendRun(_ run: ObjectRun, _ number: Int64, to workload: WorkloadID) throws {
        let insert = try cachedStatement(
            sql: "INSERT INTO object_block (workload, run, last, block, entries) VALUES (?, ?, ?, ?, ?)")
        let size = ObjectRun.entriesPerBlock
        for (block, start) in stride(from: 0, to: run.entries.count, by: size).enumerated() {
            let entries = run.entries[start..<min(start + size, run.entries.count)]
            var data = Data(capacity: entries.count * ObjectRun.bytesPerEntry)
            for entry in entries {
                withUnsafeBytes(of: entry.object.littleEndian) { data.append(contentsOf: $0) }
                withUnsafeBytes(of: entry.number.littleEndian) { data.append(contentsOf: $0) }
            }
            try insert.execute(arguments: [workload.rawValue, number, entries.last?.object, block, data])
        }
    }

    /// Stores a run behind all others of a workload that was accepted long ago.
    func appendLateRun(_ run: ObjectRun, to workload: WorkloadID) throws {
        let number = try Int64.fetchOne(
            self, sql: "SELECT coalesce(max(run), -1) + 1 FROM object_block WHERE workload = ?",
            arguments: [workload.rawValue])
        try appendRun(run, number ?? 0, to: workload)
    }

    /// The rows of workloads that are not over, in the family of this one, that act on an object.
    func rows(
        with object: ObjectKey, inRuns runs: [(workload: WorkloadID, run: Int64)]
    ) throws -> [RowKey] {
        let find = try cachedStatement(
            sql: """
                SELECT last, entries FROM object_block WHERE workload = ? AND run = ? AND last >= ?
                ORDER BY last, block
                """)
        var found: [RowKey] = []
        for (workload, run) in runs {
            let blocks = try Row.fetchCursor(
                find, arguments: [workload.rawValue, run, object.rawValue])
            while let block = try blocks.next() {
                let (objects, numbers) = ObjectRun.decoded(block["entries"])
                for (index, other) in objects.enumerated() where other == object.rawValue {
                    found.append(RowKey(workload, Int64(numbers[index])))
                }
                if block["last"] > object.rawValue { break }
            }
        }
        return found
    }

    /// Removes up to `limit` blocks; true when none is left.
    func removeBlocks(of workload: WorkloadID, limit: Int) throws -> Bool {
        try execute(
            sql: """
                DELETE FROM object_block WHERE rowid IN
                  (SELECT rowid FROM object_block WHERE workload = ? LIMIT ?)
                """, arguments: [workload.rawValue, limit])
        return changesCount < limit
    }
}

/// One stored run, read block by block from front to back. Holds one block, and no transaction between blocks.
private struct RunReader: Sendable {
    private let store: Store
    let workload: WorkloadID
    private let run: Int64
    private var objects: [Int64] = []
    private var numbers: [UInt32] = []
    private var at = 0
    private var last = Int64.min
    private var block: Int64 = -1

    /// At the first entry; nil for a run that is not there any more.
    init?(_ store: Store, _ workload: WorkloadID, run: Int64) throws {
        self.store = store
        self.workload = workload
        self.run = run
        guard try load() else { return nil }
    }

    var object: Int64 { objects[at] }
    var key: RowKey { RowKey(workload, Int64(numbers[at])) }

    /// Goes to the next entry; false at the end.
    mutating func advance() throws -> Bool {
        at += 1
        return try at < objects.count || load()
    }

    /// Goes to the first entry from here whose object is `bound` or above; false at the end.
    mutating func skip(to bound: Int64) throws -> Bool {
        if last < bound {
            (last, block) = (bound, -1)
            guard try load() else { return false }
        }
        var (low, high) = (at, objects.count - 1)
        if objects[low] >= bound { return true }
        while low < high {
            let middle = (low + high) / 2
            if objects[middle] < bound { low = middle + 1 } else { high = middle }
        }
        at = low
        return true
    }

    /// Loads the first block behind (`last`, `block`).
    private mutating func load() throws -> Bool {
        let row = try store.read { db in
            try Row.fetchOne(
                db.cachedStatement(
                    sql: """
                        SELECT last, block, entries FROM object_block
                        WHERE workload = ? AND run = ? AND (last, block) > (?, ?) ORDER BY last, block LIMIT 1
                        """), arguments: [workload.rawValue, run, last, block])
        }
        guard let row, let entries: Data = row["entries"] else { return false }
        (last, block, at) = (row["last"], row["block"], 0)
        (objects, numbers) = ObjectRun.decoded(entries)
        return true
    }
}

/// Runs merged into one sequence, in the order of objects, then of runs, then of rows. Holds one block of each.
struct MergedRuns: Sendable {
    /// A heap: the run with the least object is the first one.
    private var readers: [(rank: Int, reader: RunReader)] = []

    /// All runs of these workloads.
    init(_ store: Store, of workloads: [WorkloadID]) throws {
        for workload in workloads {
            let runs = try store.read { db in
                try Int64.fetchAll(
                    db, sql: "SELECT DISTINCT run FROM object_block WHERE workload = ? ORDER BY run",
                    arguments: [workload.rawValue])
            }
            for run in runs {
                guard let reader = try RunReader(store, workload, run: run) else { continue }
                readers.append((readers.count, reader))
            }
        }
        for place in readers.indices.reversed() { sink(place) }
    }

    /// The object of the next entry; nil at the end.
    var object: Int64? { readers.first?.reader.object }

    /// Takes the next entry; there must be one.
    mutating func next() throws -> RowKey {
        let key = readers[0].reader.key
        settleFirst(goesOn: try readers[0].reader.advance())
        return key
    }

    /// Leaves out everything before `bound`, mostly without reading it.
    mutating func skip(to bound: Int64) throws {
        while let object, object < bound { settleFirst(goesOn: try readers[0].reader.skip(to: bound)) }
    }

    private mutating func settleFirst(goesOn: Bool) {
        if !goesOn {
            readers.swapAt(0, readers.count - 1)
            readers.removeLast()
        }
        sink(0)
    }

    private mutating func sink(_ start: Int) {
        var place = start
        while true {
            var least = place
            for child in [2 * place + 1, 2 * place + 2] where child < readers.count && isLess(child, least) {
                least = child
            }
            guard least != place else { return }
            readers.swapAt(place, least)
            place = least
        }
    }

    private func isLess(_ a: Int, _ b: Int) -> Bool {
        (readers[a].reader.object, readers[a].rank) < (readers[b].reader.object, readers[b].rank)
    }
}
