import BatchCore
import Env

/// Appends raw bytes to a file as whole frames, and knows at any moment what the file holds.
struct FrameWriter: ~Copyable {
    private let file: OpenFile
    private let encoder = FrameEncoder(.archive)
    private let buffer = Buffer(capacity: FrameShape.archive.rawLimit)
    private var buffered = 0
    private var growing = GrowingFacts()
    private let faults: Faults

    /// Starts a new file, empty.
    init(creating path: String, faults: Faults) throws(FileFault) {
        file = try OpenFile(path, .create)
        self.faults = faults
    }

    /// Goes on with a file that a crash may have left: what follows its last whole frame is cut off.
    init(resuming path: String, faults: Faults) throws(FileFault) {
        let file = try OpenFile(path, .update)
        var known = GrowingFacts()
        var reader = try FrameReader(path, .archive)
        let decoder = FrameDecoder(.archive)
        while let stored = try reader.next(), let raw = decoder.decode(stored) {
            known.add(raw: raw, stored: stored)
        }
        if try file.size() != known.storedBytes { try file.truncate(to: known.storedBytes) }
        try file.seek(to: known.storedBytes)
        self.file = file
        self.faults = faults
        growing = known
    }

    /// Raw bytes so far, buffered ones included.
    var rawBytes: Int64 { growing.rawBytes + Int64(buffered) }

    /// Adds raw bytes.
    mutating func append(_ source: UnsafeRawBufferPointer) throws(FileFault) {
        var rest = source
        while !rest.isEmpty {
            let count = buffer.copy(rest, at: buffered)
            buffered += count
            rest = UnsafeRawBufferPointer(rebasing: rest[count...])
            if buffered == buffer.bytes.count { try flush() }
        }
    }

    /// Writes what is buffered as a frame of its own.
    mutating func flush() throws(FileFault) {
        guard buffered > 0 else { return }
        let raw = buffer.prefix(buffered)
        let stored = encoder.encode(raw)
        try file.write(stored)
        growing.add(raw: raw, stored: stored)
        buffered = 0
        faults.hit(.frameWritten)
    }

    /// Writes everything, puts it on the disk, and tells what the file holds.
    ///
    /// An empty content is stored as one empty frame, so that the file is a zstd file all the same.
    mutating func finish() throws(FileFault) -> ArchivedFacts {
        try flush()
        if growing.storedBytes == 0 {
            let nothing = UnsafeRawBufferPointer(start: nil, count: 0)
            let stored = encoder.encode(nothing)
            try file.write(stored)
            growing.add(raw: nothing, stored: stored)
        }
        try file.sync()
        return growing.facts
    }
}
