import BatchCore
import Env

/// Appends raw bytes to a file as whole frames. While some bytes are compressed and hashed on another thread (`Press`)
/// the next ones are taken in.
struct FrameWriter: ~Copyable {
    private let file: OpenFile
    private let press: Press
    private var pending: [UInt8] = []
    private let faults: Faults
    private let atFrame: FaultPoint?
    /// What is handed to the other thread at a time: frames may be smaller, but each turn costs both a wait.
    private static let pieceSize = 1 << 20
    /// Raw bytes so far, those that are not written yet included.
    private(set) var rawBytes: Int64
    private var isEmpty: Bool

    /// Starts a new file, empty. `atFrame` is passed behind each write of frames.
    init(
        creating path: String, _ shape: FrameShape = .archive, faults: Faults,
        atFrame: FaultPoint? = .frameWritten
    ) throws(FileFault) {
        self.init(try OpenFile(path, .create), shape, after: GrowingFacts(), faults, atFrame)
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
        self.init(file, .archive, after: known, faults, .frameWritten)
    }

    private init(
        _ file: consuming OpenFile, _ shape: FrameShape, after known: GrowingFacts, _ faults: Faults,
        _ atFrame: FaultPoint?
    ) {
        self.file = file
        self.faults = faults
        self.atFrame = atFrame
        press = Press(shape, after: known)
        rawBytes = known.rawBytes
        isEmpty = known.storedBytes == 0
        pending.reserveCapacity(Self.pieceSize)
    }

    /// Adds raw bytes.
    mutating func append(_ source: UnsafeRawBufferPointer) throws(FileFault) {
        var rest = source
        while !rest.isEmpty {
            let count = min(rest.count, Self.pieceSize - pending.count)
            pending.append(contentsOf: UnsafeRawBufferPointer(rebasing: rest[..<count]))
            rest = UnsafeRawBufferPointer(rebasing: rest[count...])
            if pending.count == Self.pieceSize { try passOn() }
        }
        rawBytes += Int64(source.count)
    }

    /// Writes what is held in memory, as frames of its own.
    mutating func flush() throws(FileFault) {
        if !pending.isEmpty { try passOn() }
        try write(press.takeFrames())
    }

    /// Writes everything; nothing is added after it.
    ///
    /// An empty content is stored as one empty frame, so that the file is a zstd file all the same.
    mutating func finish() throws(FileFault) {
        if isEmpty { try passOn() }
        try flush()
    }

    /// Puts what was written on the disk, and tells what the file holds.
    func sync() throws(FileFault) -> ArchivedFacts {
        try file.sync()
        return press.facts
    }

    /// Writes the frames that are ready, and has the next ones made.
    private mutating func passOn() throws(FileFault) {
        try write(press.takeFrames())
        press.begin(pending)
        isEmpty = false
        pending = []
        pending.reserveCapacity(Self.pieceSize)
    }

    private func write(_ frames: [UInt8]) throws(FileFault) {
        guard !frames.isEmpty else { return }
        try frames.withUnsafeBufferPointer { frames throws(FileFault) in
            try file.write(UnsafeRawBufferPointer(frames))
        }
        if let atFrame { faults.hit(atFrame) }
    }
}
