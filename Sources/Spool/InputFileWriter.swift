package import BatchCore
package import Env

/// Writes one input file, compressed: all of it appears under its name, or none of it.
///
/// Dropped before `finish()` it leaves a partial, which the next writer of the same batch replaces.
package struct InputFileWriter: ~Copyable {
    private let path: String
    private let faults: Faults
    private var frames: FrameWriter

    init(path: String, faults: Faults) throws(FileFault) {
        self.path = path
        self.faults = faults
        try FileSystem.removeFile(path + ".partial")
        frames = try FrameWriter(creating: path + ".partial", .spool, faults: faults, atFrame: nil)
    }

    /// Bytes appended so far.
    package var bytes: Int64 { frames.rawBytes }

    /// Adds bytes to the file.
    package mutating func append(_ source: UnsafeRawBufferPointer) throws(FileFault) {
        try frames.append(source)
    }

    /// Adds bytes to the file.
    package mutating func append(_ source: [UInt8]) throws(FileFault) {
        try source.withUnsafeBufferPointer { source throws(FileFault) in
            try append(UnsafeRawBufferPointer(source))
        }
    }

    /// Puts the file on the disk under its name, and tells what it holds once it is read.
    package consuming func finish() throws(FileFault) -> InputFile {
        try frames.finish()
        faults.hit(.inputWritten)
        let facts = try frames.sync()
        faults.hit(.inputSynced)
        try FileSystem.rename(path + ".partial", to: path)
        faults.hit(.inputRenamed)
        try FileSystem.syncFolder(FileSystem.folder(of: path))
        faults.hit(.inputPublished)
        return InputFile(bytes: facts.rawBytes, sha256: facts.rawSHA256)
    }
}
