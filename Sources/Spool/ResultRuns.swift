package import BatchCore
package import Env

/// The results of a job in the order of rows, however many there are: sorted runs in a file, then merged.
///
/// Stripe returns rows in any order. Writing them as they come would touch every page of a large table again and
/// again; sorted, it touches each page once. The file has no name: nothing is left of it after a crash.
package final class ResultRuns {
    let path: String
    private var file: ScratchFile?
    private var runs: [Run] = []
    /// The next row of each run, and which run that is: the smallest in front (a binary heap).
    private var heap: [UInt64] = []

    init(path: String) {
        self.path = path
    }

    /// True before the first run.
    package var isEmpty: Bool { runs.isEmpty }

    /// True when everything was handed out.
    package var isAtEnd: Bool { heap.isEmpty }

    /// Adds a run.
    package func append(_ results: RowResults) throws(FileFault) {
        if file == nil { file = try ScratchFile(path) }
        guard let scratch = file else { return }
        let start = scratch.end
        var bytes: [UInt8] = []
        for index in 0..<results.count {
            bytes.add(results.number(index))
            bytes.add(UInt32(bitPattern: results.status(index)))
            bytes.add(results.error(index))
            if bytes.count >= 1 << 18 || index == results.count - 1 {
                try scratch.append(bytes)
                bytes.removeAll(keepingCapacity: true)
            }
        }
        runs.append(Run(position: start, end: scratch.end))
    }

    /// Begins to merge; no run is added after it.
    package func merge() throws(FileFault) {
        try file?.flush()
        for index in runs.indices where try load(index) {
            heap.append(UInt64(runs[index].number) << 32 | UInt64(index))
        }
        heap.sort()
    }

    /// The next `limit` results for rows behind `row`.
    ///
    /// Of several for one row the first one counts, which is the one of the earliest run; `odd` says how many others
    /// there were.
    package func next(_ limit: Int, after row: Int64) throws(FileFault) -> (results: RowResults, odd: Int64) {
        var results = RowResults(roomFor: limit)
        var odd: Int64 = 0
        var last = row
        while let top = heap.first {
            let (number, index) = (Int64(top >> 32), Int(top & 0xFFFF_FFFF))
            if number > last {
                if results.count == limit { break }
                results.append(runs[index].number, status: runs[index].status, error: runs[index].error)
                last = number
            } else if number > row {
                odd += 1
            }
            let hasMore = try load(index)
            replaceTop(with: hasMore ? UInt64(runs[index].number) << 32 | UInt64(index) : nil)
        }
        return (results, odd)
    }

    private func replaceTop(with entry: UInt64?) {
        guard let entry = entry ?? heap.popLast(), !heap.isEmpty else { return }
        var place = 0
        while true {
            var child = 2 * place + 1
            guard child < heap.count else { break }
            if child + 1 < heap.count, heap[child + 1] < heap[child] { child += 1 }
            guard heap[child] < entry else { break }
            heap[place] = heap[child]
            place = child
        }
        heap[place] = entry
    }

    /// Reads the next result of a run; false at its end.
    private func load(_ index: Int) throws(FileFault) -> Bool {
        guard let file else { return false }
        return try runs[index].load(file.file)
    }
}

/// A run that is read from front to back.
private struct Run {
    /// What of it is not in the buffer yet.
    var position: Int64
    let end: Int64
    private var buffer = RecordBytes()
    /// The result that was read last.
    private(set) var number: UInt32 = 0
    private(set) var status: Int32 = 0
    private(set) var error: RowError?

    /// A hundred runs are read side by side: this is held in memory so often.
    private static let pieceSize: Int64 = 32 << 10
    /// Number, status, and how many bytes of an error follow.
    private static let headSize = 12

    init(position: Int64, end: Int64) {
        self.position = position
        self.end = end
    }

    mutating func load(_ file: borrowing OpenFile) throws(FileFault) -> Bool {
        guard try have(Self.headSize, file) else { return false }
        number = buffer.integer()
        status = Int32(bitPattern: buffer.integer())
        let rest = buffer.integer()
        error = nil
        if rest > 0, try have(Int(rest), file) { error = buffer.error() }
        return true
    }

    /// Makes sure that so many bytes are in the buffer; false when the run has ended.
    private mutating func have(_ count: Int, _ file: borrowing OpenFile) throws(FileFault) -> Bool {
        if buffer.left >= count { return true }
        let wanted = min(end - position, max(Self.pieceSize, Int64(count)))
        guard Int64(buffer.left) + wanted >= Int64(count) else { return false }
        try buffer.fill(from: file, at: position, count: Int(wanted))
        position += wanted
        return true
    }
}
