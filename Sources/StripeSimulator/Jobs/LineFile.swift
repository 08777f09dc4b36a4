import Foundation

/// Collects lines on disk, and reads single ones back.
final class LineFile {
    let path: String
    private let descriptor: Int32
    /// Lines that are not on disk yet.
    private var pending: [UInt8] = []
    /// Bytes on disk and pending.
    private(set) var byteCount = 0

    init(path: String) throws {
        self.path = path
        descriptor = try FileFault.check(open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600), path)
        pending.reserveCapacity(Self.bufferSize * 2)
    }

    deinit { close(descriptor) }

    private static let bufferSize = 256 * 1024

    /// Adds a line, given in pieces; the last piece brings the line end.
    func append(_ pieces: String...) throws {
        for piece in pieces {
            var piece = piece
            piece.withUTF8 { pending.append(contentsOf: $0) }
            byteCount += piece.utf8.count
        }
        if pending.count >= Self.bufferSize { try flush() }
    }

    func flush() throws {
        try pending.withUnsafeBytes { bytes in
            try FileFault.writeAll(bytes, to: descriptor, path: path)
        }
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
            let (start, wanted) = (off_t(offset), size)
            let buffer = try [UInt8](unsafeUninitializedCapacity: size) { buffer, count in
                count = Int(
                    try FileFault.check(Int32(pread(descriptor, buffer.baseAddress, wanted, start)), path))
            }
            // A line ends before the file does: what was flushed is whole.
            if buffer.contains(0x0A) || buffer.count < size {
                return try buffer.withUnsafeBufferPointer { try body(Self.firstLine(of: $0)) }
            }
            size *= 8
        }
    }

    /// Hands every line to `body` in order, without its line end.
    ///
    /// Memory holds one piece of the file, whatever its size.
    func forEachLine(_ body: (UnsafeBufferPointer<UInt8>) -> Void) throws {
        try flush()
        var rest: [UInt8] = []
        var offset = 0
        while offset < byteCount {
            let start = off_t(offset)
            let piece = try [UInt8](unsafeUninitializedCapacity: Self.bufferSize) { buffer, count in
                count = Int(
                    try FileFault.check(
                        Int32(pread(descriptor, buffer.baseAddress, buffer.count, start)), path))
            }
            guard !piece.isEmpty else { throw FileFault(path: path, code: EIO) }
            offset += piece.count
            rest += piece
            let used = rest.withUnsafeBufferPointer { bytes in
                var from = 0
                while let end = bytes[from...].firstIndex(of: 0x0A) {
                    body(UnsafeBufferPointer(rebasing: bytes[from..<end]))
                    from = end + 1
                }
                return from
            }
            rest.removeFirst(used)
        }
    }

    private static func firstLine(of bytes: UnsafeBufferPointer<UInt8>) -> UnsafeBufferPointer<UInt8> {
        UnsafeBufferPointer(rebasing: bytes[0..<(bytes.firstIndex(of: 0x0A) ?? bytes.count)])
    }
}
