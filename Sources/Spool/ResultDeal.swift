package import BatchCore
package import Env

/// The result lines of a job, dealt out by the hashes of their ids into parts that fit into memory.
///
/// The ids of all rows lie sorted by hash in runs of blocks. Lines that are looked up as they come need every block
/// for each hundred thousand of them, so that a line costs the more the larger the job is. The lines of a part need
/// the few blocks with their hashes, and each block is read about once. The file has no name.
package final class ResultDeal {
    private let path: String
    private var file: ScratchFile?
    private var parts: [Part]
    /// The part that is handed out.
    private var current = 0
    private var bytes = RecordBytes()

    private struct Part {
        var pending: [UInt8] = []
        /// Where its pieces lie, the last one first once they are handed out.
        var pieces: [Range<Int64>] = []
    }

    /// A hundred parts have a buffer of this size each.
    private static let pieceSize = 16 << 10

    init(path: String, parts: Int) {
        self.path = path
        self.parts = Array(repeating: Part(), count: parts)
    }

    /// True before the first line.
    package var isEmpty: Bool { file == nil }

    /// Deals out lines.
    package func append(_ lines: ResultChunk) throws(FileFault) {
        if file == nil { file = try ScratchFile(path) }
        for index in 0..<lines.count {
            let hash = lines.hash(index)
            let place = UInt64(bitPattern: hash) ^ 1 << 63
            let part = Int(place.multipliedFullWidth(by: UInt64(parts.count)).high)
            let id = lines.idBytes(index)
            parts[part].pending.add(UInt32(truncatingIfNeeded: hash))
            parts[part].pending.add(UInt32(truncatingIfNeeded: hash >> 32))
            parts[part].pending.add(UInt32(bitPattern: lines.status(index)))
            parts[part].pending.add(UInt32(id.count))
            parts[part].pending.append(contentsOf: id)
            parts[part].pending.add(lines.error(index))
            if parts[part].pending.count >= Self.pieceSize { try flush(part) }
        }
    }

    /// Begins to hand out; no line is added after it.
    package func finish() throws(FileFault) {
        for part in parts.indices {
            if !parts[part].pending.isEmpty { try flush(part) }
            parts[part].pending = []
            parts[part].pieces.reverse()
        }
        try file?.flush()
    }

    private func flush(_ part: Int) throws(FileFault) {
        guard let file else { return }
        let start = file.end
        try file.append(parts[part].pending)
        parts[part].pieces.append(start..<file.end)
        parts[part].pending.removeAll(keepingCapacity: true)
    }

    /// The next lines of one part, in the order in which they came, at most `limit`; nil at the end.
    package func next(_ limit: Int) throws(FileFault) -> ResultChunk? {
        guard let file else { return nil }
        while bytes.left == 0, current < parts.count, parts[current].pieces.isEmpty { current += 1 }
        guard current < parts.count else { return nil }
        var lines = ResultChunk(roomFor: limit)
        while lines.count < limit {
            if bytes.left == 0 {
                guard let piece = parts[current].pieces.popLast() else { break }
                try bytes.fill(from: file.file, at: piece.lowerBound, count: piece.count)
            }
            let hash = Int64(bytes.integer()) | Int64(bytes.integer()) << 32
            let status = Int32(bitPattern: bytes.integer())
            let id = bytes.slice(Int(bytes.integer()))
            let error = bytes.integer() > 0 ? bytes.error() : nil
            lines.append(hash: hash, id: id, status: status, error: error)
        }
        return lines
    }
}
