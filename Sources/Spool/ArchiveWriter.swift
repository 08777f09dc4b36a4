package import BatchCore
package import Env

/// Takes in a job's results as they are downloaded, compressed, hashed and resumable.
///
/// Dropped at any moment, by a crash or on purpose, it leaves a partial that the next writer of the same
/// batch continues; only whole frames count, so call `pause()` first when there is time.
package struct ArchiveWriter: ~Copyable {
    private var frames: FrameWriter
    private let path: String
    private let faults: Faults

    init(path: String, faults: Faults) throws(FileFault) {
        self.path = path
        self.faults = faults
        frames =
            FileSystem.exists(path)
            ? try FrameWriter(resuming: path, faults: faults)
            : try FrameWriter(creating: path, faults: faults)
    }

    /// Raw bytes taken in so far: where the download goes on.
    package var rawBytes: Int64 { frames.rawBytes }

    /// Takes in the next bytes of the download.
    package mutating func append(_ bytes: UnsafeRawBufferPointer) throws(FileFault) {
        try frames.append(bytes)
    }

    /// Writes down what is held in memory, after a cut, so that even a line that is cut again and again
    /// gets a little further each time.
    package mutating func pause() throws(FileFault) {
        try frames.flush()
    }

    /// Puts everything on the disk, and tells what it is. Publishing is the next step.
    ///
    /// A partial whose sync failed is thrown away: its pages may be in memory alone, and the next sync
    /// would not write them. The download begins anew then.
    package consuming func finish() throws(FileFault) -> ArchivedFacts {
        let facts: ArchivedFacts
        do throws(FileFault) {
            try frames.finish()
            facts = try frames.sync()
        } catch {
            if error.operation == "fsync" { try FileSystem.removeFile(path) }
            throw error
        }
        faults.hit(.resultsSynced)
        return facts
    }
}
