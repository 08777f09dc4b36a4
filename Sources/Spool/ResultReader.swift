package import Env

/// Streams the content of an archived file from any raw offset, at constant memory.
package struct ResultReader: ~Copyable {
    private let path: String
    private var reader: FrameReader
    private let decoder: FrameDecoder
    /// Raw bytes still to be skipped.
    private var ahead: Int64
    /// Frames read so far, and the stored bytes they take: where damage is.
    private var frames = 0
    private var stored = 0

    /// Opens the compressed file `path`, to be read from raw byte `offset` on.
    package init(_ path: String, from offset: Int64 = 0) throws(FileFault) {
        try self.init(path, .archive, from: offset)
    }

    init(_ path: String, _ shape: FrameShape, from offset: Int64 = 0) throws(FileFault) {
        precondition(offset >= 0)
        self.path = path
        reader = try FrameReader(path, shape)
        decoder = FrameDecoder(shape)
        ahead = offset
    }

    /// Hands the next raw bytes to `body`, valid during the call only; false when the end was reached.
    ///
    /// - Throws: `FileFault`; `ArchiveDamage` when the file is not what was written, or ends before
    ///   the offset; what `body` throws.
    package mutating func next(_ body: (UnsafeRawBufferPointer) throws -> Void) throws -> Bool {
        while let stored = try reader.next() {
            defer {
                frames += 1
                self.stored += stored.count
            }
            guard let size = decoder.rawSize(of: stored) else { throw frameDamage("is of another kind") }
            if ahead >= Int64(size) {
                ahead -= Int64(size)
                continue
            }
            guard let raw = decoder.decode(stored) else {
                throw frameDamage("does not match its checksum")
            }
            let skip = Int(ahead)
            ahead = 0
            try body(UnsafeRawBufferPointer(rebasing: raw[skip...]))
            return true
        }
        guard reader.isAtEnd else { throw frameDamage("is not whole") }
        guard ahead == 0 else { throw damage("ends before the offset that was asked for") }
        return false
    }

    private func frameDamage(_ reason: String) -> ArchiveDamage {
        damage("frame \(frames + 1), which begins at byte \(stored), \(reason)")
    }

    private func damage(_ reason: String) -> ArchiveDamage {
        ArchiveDamage(path: path, reason: reason)
    }
}
