/// The ledger as it was at one moment, as one JSON line for each row or object.
///
/// A large one is first dealt out to parts by what it is grouped by, so that memory never holds more than
/// the lines of one part. Within a part, and so in a ledger of less than two megabytes, the order is
/// that of first appearance.
struct LedgerReport: Sendable {
    /// What to list.
    struct Query: Sendable {
        var minExecutions = 0
        var minAttempts = 0
        var row: String?
        var job: String?
        /// Group by object instead of by row.
        var byObject = false
    }

    private let log: LinePieces
    /// What is dealt out lies beside this file.
    private let path: String
    private let query: Query
    /// What is still to be listed; nil before it is known.
    private var parts: [LinePieces]?
    /// What is still to be listed of the part before those.
    private var groups: ArraySlice<[Ledger.Attempt]> = []

    init(log: LinePieces, path: String, query: Query) {
        self.log = log
        self.path = path
        self.query = query
    }

    /// The next lines; nil at the end.
    mutating func next() async throws -> String? {
        var remaining = if let parts { parts } else { try await dealt() }
        defer { parts = remaining }
        while true {
            var text = ""
            while text.utf8.count < 64 * 1024, let group = groups.popFirst() { text += line(group) }
            if !text.isEmpty { return text }
            guard !remaining.isEmpty else { return nil }
            groups = try await grouped(remaining.removeFirst())[...]
        }
    }

    private func dealt() async throws -> [LinePieces] {
        // With one row asked for, there is only one group.
        let count = query.row == nil ? min(256, log.byteCount >> 20) : 1
        guard count > 1 else { return [log] }
        var dealer = try Dealer(count: count, path: path)
        var pieces = log
        while let piece = try pieces.next() {
            for line in piece.split(separator: 0x0A) {
                try dealer.deal(line, by: Self.key(of: line, byObject: query.byObject))
            }
            await Task.yield()
        }
        return try dealer.finish()
    }

    /// The digest of what a line of the log is grouped by.
    private static func key(of line: ArraySlice<UInt8>, byObject: Bool) -> UInt64 {
        let parts = line.split(separator: 0x09, maxSplits: 3, omittingEmptySubsequences: false)
        return Chance.digest(String(decoding: parts[byObject ? 2 : 1], as: UTF8.self))
    }

    private func grouped(_ part: LinePieces) async throws -> [[Ledger.Attempt]] {
        var pieces = part
        var places: [String: Int] = [:]
        var groups: [[Ledger.Attempt]] = []
        while let piece = try pieces.next() {
            for line in piece.split(separator: 0x0A) {
                let attempt = Ledger.Attempt(line)
                if let wanted = query.row, wanted != attempt.row { continue }
                let key = query.byObject ? attempt.object : attempt.row
                if let place = places[key] {
                    groups[place].append(attempt)
                } else {
                    places[key] = groups.count
                    groups.append([attempt])
                }
            }
            await Task.yield()
        }
        return groups
    }

    /// A group's line; empty when it was not asked for.
    private func line(_ attempts: [Ledger.Attempt]) -> String {
        let executions = attempts.count(where: \.tookEffect)
        guard executions >= query.minExecutions, attempts.count >= query.minAttempts else { return "" }
        if let job = query.job, !attempts.contains(where: { $0.job == job }) { return "" }
        func list(_ texts: [String]) -> String { "[" + texts.joined(separator: ",") + "]" }
        let rows = list(attempts.map { JSONText.quoted($0.row) })
        let objects = JSONText.quoted(attempts[0].object)
        let head =
            query.byObject
            ? "{\"object\":\(objects),\"rows\":\(rows)"
            : "{\"row\":\(JSONText.quoted(attempts[0].row)),\"object\":\(objects)"
        return head + ",\"executions\":\(executions),\"attempts\":\(attempts.count)"
            + ",\"jobs\":" + list(attempts.map { JSONText.quoted($0.job) })
            + ",\"statuses\":" + list(attempts.map { String($0.status) })
            + ",\"reported\":" + list(attempts.map { String($0.isReported) })
            + ",\"took_effect\":" + list(attempts.map { String($0.tookEffect) }) + "}\n"
    }
}

/// Deals lines out to parts of one file, so that lines of the same key come to the same part.
private struct Dealer {
    private let file: DiskFile
    private var end = 0
    private var pending: [[UInt8]]
    private var parts: [[Range<Int>]]

    init(count: Int, path: String) throws {
        file = try DiskFile(scratchBeside: path)
        pending = Array(repeating: [], count: count)
        parts = Array(repeating: [], count: count)
    }

    mutating func deal(_ line: ArraySlice<UInt8>, by key: UInt64) throws {
        let part = Int(key % UInt64(pending.count))
        pending[part] += line
        pending[part].append(0x0A)
        if pending[part].count >= 16 * 1024 { try flush(part) }
    }

    private mutating func flush(_ part: Int) throws {
        try pending[part].withUnsafeBytes { try file.write($0, at: end) }
        parts[part].append(end..<end + pending[part].count)
        end += pending[part].count
        pending[part].removeAll(keepingCapacity: true)
    }

    mutating func finish() throws -> [LinePieces] {
        for part in pending.indices { try flush(part) }
        return parts.map { LinePieces(file: file, parts: $0.filter { !$0.isEmpty }) }
    }
}
