import Foundation

/// Collects lines on disk, and reads single ones back.
final class LineFile {
    let file: DiskFile
    /// Lines that are not on disk yet.
    private var pending: [UInt8] = []
    /// Bytes on disk and pending.
    private(set) var byteCount = 0

    init(path: String) throws {
        file = try DiskFile(creating: path)
    }

    /// Two hundred jobs have a result file each: this is held in memory so often.
    private static let bufferSize = 64 * 1024

    /// Adds a line, given in pieces; the last piece brings the line end.
    func append(_ pieces: String...) throws {
        for piece in pieces { add(piece) }
        try endLine()
    }

    /// Adds a piece of a line without an array around it, for lines that are written a million times.
    func add(_ piece: String) {
        var piece = piece
        piece.withUTF8 { pending.append(contentsOf: $0) }
        byteCount += piece.utf8.count
    }

    /// The pieces added so far end a line.
    func endLine() throws {
        if pending.count >= Self.bufferSize { try flush() }
    }

    func flush() throws {
        try pending.withUnsafeBytes { try file.write($0, at: byteCount - pending.count) }
        pending.removeAll(keepingCapacity: true)
    }

    /// Hands the line that starts at `offset` to `body`, without its line end.
    func withLine<Result>(
        at offset: Int, _ body: (UnsafeBufferPointer<UInt8>) throws -> Result
    ) throws -> Result {
        let written = byteCount - pending.count
        if offset >= written {
            return try pending.withUnsafeBufferPointer { bytes in
                try body(Self.firstLine(of: UnsafeBufferPointer(rebasing: bytes[(offset - written)...])))
            }
        }
        var size = 1024
        while true {
            let buffer = try file.bytes(at: offset, count: size)
            // A line ends before the file does: what was flushed is whole.
            if buffer.contains(0x0A) || buffer.count < size {
                return try buffer.withUnsafeBufferPointer { try body(Self.firstLine(of: $0)) }
            }
            size *= 8
        }
    }

    /// Every line so far, whatever is appended meanwhile.
    func snapshot() throws -> LinePieces {
        try flush()
        return LinePieces(file: file, parts: [0..<byteCount])
    }

    private static func firstLine(of bytes: UnsafeBufferPointer<UInt8>) -> UnsafeBufferPointer<UInt8> {
        UnsafeBufferPointer(rebasing: bytes[0..<(bytes.firstIndex(of: 0x0A) ?? bytes.count)])
    }
}

/// Parts of a file, read in pieces of whole lines; memory holds one piece.
struct LinePieces: Sendable {
    let file: DiskFile
    /// Each ends with a line end.
    private(set) var parts: [Range<Int>]
    private var rest: [UInt8] = []

    init(file: DiskFile, parts: [Range<Int>]) {
        self.file = file
        self.parts = parts.reversed()
    }

    var byteCount: Int { parts.reduce(0) { $0 + $1.count } }

    /// The next lines, each with its line end; nil at the end.
    mutating func next() throws -> [UInt8]? {
        while let part = parts.last {
            let count = min(part.count, 64 * 1024)
            let piece = try file.bytes(at: part.lowerBound, count: count)
            guard piece.count == count else { throw FileFault(path: file.path, code: EIO) }
            parts[parts.count - 1] = part.lowerBound + count..<part.upperBound
            if parts[parts.count - 1].isEmpty { parts.removeLast() }
            rest += piece
            guard let end = rest.lastIndex(of: 0x0A) else { continue }
            let lines = Array(rest[...end])
            rest.removeSubrange(...end)
            return lines
        }
        return nil
    }
}

extension DiskFile {
    /// Up to `count` bytes from `offset` on; fewer only at the end of the file.
    func bytes(at offset: Int, count: Int) throws -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: count)
        let found = try bytes.withUnsafeMutableBytes { try read(into: $0, at: offset) }
        if found < count { bytes.removeSubrange(found...) }
        return bytes
    }
}
