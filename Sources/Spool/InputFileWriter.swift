package import BatchCore
package import Env

/// Writes one input file, compressed: all of it appears under its name, or none of it.
///
/// Rows are read while those before them are hashed and compressed on another thread (`Press`).
/// Dropped before `finish()` it leaves a partial, which the next writer of the same batch replaces.
package struct InputFileWriter: ~Copyable {
    private let path: String
    private let faults: Faults
    private let file: OpenFile
    private let press = Press(.spool)
    private var pending: [UInt8] = []
    /// Bytes appended so far.
    package private(set) var bytes: Int64 = 0

    private static let pieceSize = FrameShape.spool.rawLimit

    init(path: String, faults: Faults) throws(FileFault) {
        self.path = path
        self.faults = faults
        try FileSystem.removeFile(path + ".partial")
        file = try OpenFile(path + ".partial", .create)
        pending.reserveCapacity(Self.pieceSize)
    }

    /// Adds bytes to the file.
    package mutating func append(_ source: UnsafeRawBufferPointer) throws(FileFault) {
        var rest = source
        while !rest.isEmpty {
            let count = min(rest.count, Self.pieceSize - pending.count)
            pending.append(contentsOf: rest[..<count])
            rest = UnsafeRawBufferPointer(rebasing: rest[count...])
            if pending.count == Self.pieceSize { try flush() }
        }
        bytes += Int64(source.count)
    }

    /// Adds bytes to the file.
    package mutating func append(_ source: [UInt8]) throws(FileFault) {
        try source.withUnsafeBufferPointer { source throws(FileFault) in
            try append(UnsafeRawBufferPointer(source))
        }
    }

    /// Puts the file on the disk under its name, and tells what it holds once it is read.
    package consuming func finish() throws(FileFault) -> InputFile {
        // Also when there is nothing: an empty frame makes it a zstd file all the same.
        try flush()
        try write(press.result())
        faults.hit(.inputWritten)
        try file.sync()
        faults.hit(.inputSynced)
        try FileSystem.rename(path + ".partial", to: path)
        faults.hit(.inputRenamed)
        try FileSystem.syncFolder(FileSystem.folder(of: path))
        faults.hit(.inputPublished)
        return InputFile(bytes: bytes, sha256: press.digest)
    }

    /// Writes what the press has ready, and gives it the next piece.
    private mutating func flush() throws(FileFault) {
        try write(press.result())
        press.begin(pending)
        pending = []
        pending.reserveCapacity(Self.pieceSize)
    }

    private func write(_ stored: [UInt8]) throws(FileFault) {
        guard !stored.isEmpty else { return }
        try stored.withUnsafeBufferPointer { stored throws(FileFault) in
            try file.write(UnsafeRawBufferPointer(stored))
        }
    }
}
