import Env

/// Walks through a file of frames at constant memory.
struct FrameReader: ~Copyable {
    private let file: OpenFile
    private let buffer: Buffer
    private let storedLimit: Int
    private var filled = 0
    private var position = 0
    private var atEnd = false

    /// Reads the file from its start.
    init(_ path: String, _ shape: FrameShape) throws(FileFault) {
        file = try OpenFile(path, .read)
        storedLimit = shape.storedLimit
        // Room for some frames, because what is left of one is moved to the front each time.
        buffer = Buffer(capacity: 4 * storedLimit)
    }

    /// The next frame as it is stored, valid until the next call; nil when no whole frame follows.
    mutating func next() throws(FileFault) -> UnsafeRawBufferPointer? {
        if filled - position < storedLimit, !atEnd { try refill() }
        let rest = UnsafeRawBufferPointer(rebasing: buffer.bytes[position..<filled])
        guard !rest.isEmpty, let size = FrameDecoder.storedSize(ofFirstFrameIn: rest) else { return nil }
        position += size
        return UnsafeRawBufferPointer(rebasing: rest[..<size])
    }

    /// True when the last frame ended where the file ends.
    var isAtEnd: Bool { atEnd && position == filled }

    private mutating func refill() throws(FileFault) {
        let rest = UnsafeRawBufferPointer(rebasing: buffer.bytes[position..<filled])
        buffer.bytes.copyMemory(from: rest)
        position = 0
        filled = rest.count
        let space = UnsafeMutableRawBufferPointer(rebasing: buffer.bytes[filled...])
        let count = try file.read(into: space)
        filled += count
        atEnd = count < space.count
    }
}
