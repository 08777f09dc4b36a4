package import BatchCore
package import Env

/// Writes one input file: all of it appears under its name, or none of it.
///
/// Dropped before `finish()` it leaves a partial, which the next writer of the same batch replaces.
package struct InputFileWriter: ~Copyable {
    private let path: String
    private let faults: Faults
    private let file: OpenFile
    private let buffer = Buffer(capacity: 1 << 20)
    private var buffered = 0
    private var hash = GrowingHash()
    /// Bytes appended so far.
    package private(set) var bytes: Int64 = 0

    init(path: String, faults: Faults) throws(FileFault) {
        self.path = path
        self.faults = faults
        try FileSystem.removeFile(path + ".partial")
        file = try OpenFile(path + ".partial", .create)
    }

    /// Adds bytes to the file.
    package mutating func append(_ source: UnsafeRawBufferPointer) throws(FileFault) {
        var rest = source
        while !rest.isEmpty {
            let count = buffer.copy(rest, at: buffered)
            buffered += count
            rest = UnsafeRawBufferPointer(rebasing: rest[count...])
            if buffered == buffer.bytes.count { try flush() }
        }
        bytes += Int64(source.count)
    }

    /// Adds bytes to the file.
    package mutating func append(_ source: [UInt8]) throws(FileFault) {
        try source.withUnsafeBufferPointer { source throws(FileFault) in
            try append(UnsafeRawBufferPointer(source))
        }
    }

    /// Puts the file on the disk under its name, and tells what it holds.
    package consuming func finish() throws(FileFault) -> InputFile {
        try flush()
        faults.hit(.inputWritten)
        try file.sync()
        faults.hit(.inputSynced)
        try FileSystem.rename(path + ".partial", to: path)
        faults.hit(.inputRenamed)
        try FileSystem.syncFolder(FileSystem.folder(of: path))
        faults.hit(.inputPublished)
        return InputFile(bytes: bytes, sha256: hash.digest)
    }

    private mutating func flush() throws(FileFault) {
        let pending = buffer.prefix(buffered)
        hash.update(pending)
        try file.write(pending)
        buffered = 0
    }
}
