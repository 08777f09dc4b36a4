package import BatchCore
import GRDB
import GRDBSQLite

// How rows are found by their ids.
//
// An index over the ids would be walked through at random by every row that arrives and by every result, and that
// walk is what such a table costs. So the ids of each chunk of rows are written as one run of hashes, sorted, from
// front to back, and many ids are looked up together, sorted too, by reading runs from front to back. A batch
// whose rows stand side by side needs the runs of those rows only.

/// Twelve bytes of a block: a hash, and the number of the row whose id has it.
private struct NameEntry: Comparable {
    static let size = 12
    static let perBlock = 2048
    var hash: Int64
    var number: UInt32

    static func < (a: Self, b: Self) -> Bool { a.hash != b.hash ? a.hash < b.hash : a.number < b.number }
}

/// One block, where SQLite has it.
private struct NameBlock {
    let bytes: UnsafeRawBufferPointer
    var count: Int { bytes.count / NameEntry.size }

    func hash(_ index: Int) -> Int64 {
        Int64(littleEndian: bytes.loadUnaligned(fromByteOffset: index * NameEntry.size, as: Int64.self))
    }

    func number(_ index: Int) -> Int64 {
        Int64(
            UInt32(
                littleEndian: bytes.loadUnaligned(fromByteOffset: index * NameEntry.size + 8, as: UInt32.self)
            ))
    }
}

/// A row whose id another row of the workload has already.
package struct DuplicateRow: Hashable, Sendable {
    /// The later row, counted from 0.
    package let number: Int64
    /// The row that has the id, counted from 0.
    package let first: Int64
}

extension Store {
    /// Looks for rows of a loading workload whose id an earlier row has. When there is one, the workload cannot be
    /// accepted any more, only discarded.
    ///
    /// It reads every id, and holds no transaction for long.
    /// - Returns: the first `limit` of them in the order of rows, and how many there are.
    package func duplicateRows(
        of workload: WorkloadID, limit: Int
    ) throws -> (first: [DuplicateRow], total: Int64) {
        let rows = try read { db in
            try Int64.fetchOne(
                db, sql: "SELECT sum(rows) FROM intake_chunk WHERE workload = ?",
                arguments: [workload.rawValue]) ?? 0
        }
        // Each pass takes an equal part of all hashes, so that memory stays the same however many rows there are.
        let passes = UInt64(1 + rows / 400_000)
        func bound(_ pass: UInt64) -> Int64 { Int64(bitPattern: UInt64.max / passes * pass ^ 1 << 63) }
        var found: [DuplicateRow] = []
        var total: Int64 = 0
        for pass in 0..<passes {
            let high = pass == passes - 1 ? Int64.max : bound(pass + 1) - 1
            let duplicates = try read { try $0.duplicates(of: workload, bound(pass)...high) }
            total += Int64(duplicates.count)
            found = Array((found + duplicates).sorted { $0.number < $1.number }.prefix(limit))
        }
        if total > 0 {
            try write {
                try $0.execute(
                    sql: "DELETE FROM intake_chunk WHERE workload = ?", arguments: [workload.rawValue])
            }
        }
        return (found, total)
    }

    /// Checks the ids of the first run of a workload behind `run`, which is -1 at first.
    ///
    /// - Returns: the rows to which an entry leads that has another id, or stands there in vain or twice; how many
    ///   entries there are; and where to go on.
    package func names(
        of workload: WorkloadID, after run: Int64
    ) throws -> (count: Int, strays: [Int64], next: Int64?) {
        try read { db in
            let chunk = try Row.fetchOne(
                db,
                sql: """
                    SELECT first_row, rows FROM intake_chunk WHERE workload = ? AND first_row > ?
                    ORDER BY first_row LIMIT 1
                    """, arguments: [workload.rawValue, run])
            guard let first: Int64 = chunk?["first_row"], let rows: Int64 = chunk?["rows"] else {
                return (0, [], nil)
            }
            var (count, strays) = (0, [Int64]())
            var last: (Int64, Int64)?
            try db.eachBlock(of: workload, first, from: .min) { block, _ in
                count += block.count
                for index in 0..<block.count {
                    let entry = (block.hash(index), block.number(index))
                    let name = try db.name(of: RowKey(workload, entry.1))
                    // In order and each in its run: so no two lead to one row, and as many as rows lead to all.
                    if name.map({ NameHash($0).rawValue }) != entry.0 || last.map({ $0 >= entry }) ?? false
                        || !(first..<first + rows).contains(entry.1)
                    {
                        strays.append(entry.1)
                    }
                    last = entry
                }
                return true
            }
            return (count, strays, first)
        }
    }
}

/// The first place of a sorted list, not before `start`, with a value of at least `hash`; `count` when there is none.
private func leap(to hash: Int64, from start: Int, of count: Int, _ value: (Int) -> Int64) -> Int {
    var (low, stride) = (start, 1)
    while low + stride < count, value(low + stride) < hash { (low, stride) = (low + stride, 2 * stride) }
    var high = min(low + stride, count)
    while low < high {
        let middle = low + (high - low) / 2
        if value(middle) < hash { low = middle + 1 } else { high = middle }
    }
    return low
}

extension Database {
    /// Enters the ids of a chunk of rows as one sorted run.
    func insertNames(
        _ entries: [IntakeChunk.Entry], in bytes: UnsafeRawBufferPointer, of workload: WorkloadID,
        first: Int64
    ) throws {
        var names: [NameEntry] = []
        names.reserveCapacity(entries.count)
        for (index, entry) in entries.enumerated() {
            let hash = NameHash(UnsafeRawBufferPointer(rebasing: bytes[entry.id]))
            names.append(NameEntry(hash: hash.rawValue, number: UInt32(first + Int64(index))))
        }
        names.sort()
        let insert = try cachedStatement(
            sql: """
                INSERT INTO name_block (workload, first_row, last, block, entries) VALUES (?1, ?2, ?3, ?4, ?5)
                """
        ).sqliteStatement
        let room = UnsafeMutableRawBufferPointer.allocate(
            byteCount: NameEntry.perBlock * NameEntry.size, alignment: 8)
        defer { room.deallocate() }
        sqlite3_bind_int64(insert, 1, workload.rawValue)
        sqlite3_bind_int64(insert, 2, first)
        for (block, start) in stride(from: 0, to: names.count, by: NameEntry.perBlock).enumerated() {
            let part = names[start..<min(start + NameEntry.perBlock, names.count)]
            for (index, entry) in part.enumerated() {
                let offset = index * NameEntry.size
                room.storeBytes(of: entry.hash.littleEndian, toByteOffset: offset, as: Int64.self)
                room.storeBytes(of: entry.number.littleEndian, toByteOffset: offset + 8, as: UInt32.self)
            }
            sqlite3_bind_int64(insert, 3, part.last?.hash ?? 0)
            sqlite3_bind_int64(insert, 4, Int64(block))
            sqlite3_bind_blob(insert, 5, room.baseAddress, Int32(part.count * NameEntry.size), nil)
            try stepOnce(insert)
        }
    }

    /// The rows that have these ids; nil for an id that no row has.
    func numbersOfRows(named ids: [String], in workload: WorkloadID) throws -> [Int64?] {
        try numbersOfRows(hashed: ids.map { NameHash($0).rawValue }, in: workload) { ids[$0] }
    }

    /// The rows whose ids have these hashes; nil for a hash that no row's id has.
    ///
    /// - Parameters:
    ///   - among: only these rows count.
    ///   - trusting: a hash that one row's id has stands for that row. Stripe sends back the ids it was sent: a
    ///     foreign id that hits one of ten million hashes comes once in 10^12.
    ///   - id: the id at a place of `hashes`, to tell rows apart that share a hash.
    func numbersOfRows(
        hashed hashes: [Int64], in workload: WorkloadID, among rows: ClosedRange<Int64> = 0...0xFFFF_FFFF,
        trusting: Bool = false, id: (Int) -> String
    ) throws -> [Int64?] {
        let sought = hashes.enumerated().map { (hash: $1, index: $0) }.sorted { $0.hash < $1.hash }
        var numbers = [Int64?](repeating: nil, count: hashes.count)
        var unsure: [Int: [Int64]] = [:]
        for run in try nameRuns(of: workload, among: rows) {
            var at = 0
            try eachBlock(of: workload, run, from: sought.first?.hash ?? 0) { block, _ in
                var entry = 0
                // Two sorted lists, side by side. Of many runs each has few of the ids: leaps instead of steps.
                while at < sought.count {
                    entry = leap(to: sought[at].hash, from: entry, of: block.count) { block.hash($0) }
                    guard entry < block.count else { break }
                    let (hash, number) = (block.hash(entry), block.number(entry))
                    at = leap(to: hash, from: at, of: sought.count) { sought[$0].hash }
                    // It is passed by the next larger entry: others with this hash may follow, also in the next block.
                    guard at < sought.count, sought[at].hash == hash else { continue }
                    for same in sought[at...].prefix(while: { $0.hash == hash }) {
                        if let other = numbers[same.index], other != number {
                            unsure[same.index, default: [other]].append(number)
                        } else if rows.contains(number) {
                            numbers[same.index] = number
                        }
                    }
                    entry += 1
                }
                return at < sought.count
            }
        }
        if !trusting {
            for (index, number) in numbers.enumerated() where unsure[index] == nil {
                if let number { unsure[index] = [number] }
            }
        }
        for (index, candidates) in unsure {
            numbers[index] = try candidates.first { number in
                try rows.contains(number) && name(of: RowKey(workload, number)) == id(index)
            }
        }
        return numbers
    }

    /// The place of the row with this id, or nil.
    func numberOfRow(named id: String, in workload: WorkloadID) throws -> Int64? {
        try numbersOfRows(named: [id], in: workload)[0]
    }

    /// The id of the row, from its line; nil when there is none.
    func name(of key: RowKey) throws -> String? {
        let find = try cachedStatement(
            sql: "SELECT CAST(substr(line, id_at + 1, id_length) AS TEXT) FROM row_input WHERE key = ?"
        ).sqliteStatement
        return try line(find, key.rawValue) { $0.text(0) } ?? nil
    }

    /// Removes up to `limit` blocks of a workload's ids; true when none is left.
    func removeNames(of workload: WorkloadID, limit: Int) throws -> Bool {
        try execute(
            sql: """
                DELETE FROM name_block WHERE rowid IN (SELECT rowid FROM name_block WHERE workload = ? LIMIT ?)
                """, arguments: [workload.rawValue, limit])
        return changesCount < limit
    }

    /// The runs that have ids of these rows, by their first row.
    private func nameRuns(of workload: WorkloadID, among rows: ClosedRange<Int64>) throws -> [Int64] {
        try Int64.fetchAll(
            self,
            sql: """
                SELECT first_row FROM intake_chunk WHERE workload = ?1 AND first_row <= ?3 AND first_row + rows > ?2
                """, arguments: [workload.rawValue, rows.lowerBound, rows.upperBound])
    }

    /// Hands out the blocks of a run in order, from the one that may have `hash`, while `body` says true.
    fileprivate func eachBlock(
        of workload: WorkloadID, _ run: Int64, from hash: Int64,
        _ body: (NameBlock, _ last: Int64) throws -> Bool
    ) throws {
        let blocks = try cachedStatement(
            sql: """
                SELECT last, entries FROM name_block WHERE workload = ?1 AND first_row = ?2 AND last >= ?3
                ORDER BY last, block
                """
        ).sqliteStatement
        defer { sqlite3_reset(blocks) }
        sqlite3_bind_int64(blocks, 1, workload.rawValue)
        sqlite3_bind_int64(blocks, 2, run)
        sqlite3_bind_int64(blocks, 3, hash)
        while true {
            switch sqlite3_step(blocks) {
            case SQLITE_ROW:
                let count = Int(sqlite3_column_bytes(blocks, 1))
                let bytes = UnsafeRawBufferPointer(start: sqlite3_column_blob(blocks, 1), count: count)
                guard try body(NameBlock(bytes: bytes), sqlite3_column_int64(blocks, 0)) else { return }
            case SQLITE_DONE: return
            case let code: throw failure(code)
            }
        }
    }

    /// The rows whose hash lies in a part of all hashes, and whose id an earlier row has.
    fileprivate func duplicates(
        of workload: WorkloadID, _ part: ClosedRange<Int64>
    ) throws -> [DuplicateRow] {
        var entries: [NameEntry] = []
        for run in try nameRuns(of: workload, among: 0...0xFFFF_FFFF) {
            try eachBlock(of: workload, run, from: part.lowerBound) { block, last in
                for index in 0..<block.count where part.contains(block.hash(index)) {
                    entries.append(NameEntry(hash: block.hash(index), number: UInt32(block.number(index))))
                }
                return last <= part.upperBound
            }
        }
        entries.sort()
        var duplicates: [DuplicateRow] = []
        var holders: [String: Int64] = [:]
        for (index, entry) in entries.enumerated() {
            let (before, after) = (
                index > 0 ? entries[index - 1].hash : nil, entries.dropFirst(index + 1).first?.hash
            )
            if before != entry.hash { holders.removeAll(keepingCapacity: true) }
            // Nearly always alone with its hash. Where it is not, its line says whether it has the id too.
            guard before == entry.hash || after == entry.hash else { continue }
            let number = Int64(entry.number)
            guard let name = try name(of: RowKey(workload, number)) else { continue }
            if let first = holders[name] {
                duplicates.append(DuplicateRow(number: number, first: first))
            } else {
                holders[name] = number
            }
        }
        return duplicates
    }
}
