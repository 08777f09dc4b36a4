package import BatchCore
package import Env

/// Writes the outcome of a workload: one line per row, compressed, and a summary beside it.
///
/// A second writing replaces the first; each file is at any moment the old one or the new one.
package struct OutcomeWriter: ~Copyable {
    private var frames: FrameWriter
    private let folder: String
    private let faults: Faults

    init(folder: String, faults: Faults) throws(FileFault) {
        self.folder = folder
        self.faults = faults
        frames = try FrameWriter(creating: "\(folder)/outcome.jsonl.zst.partial", faults: faults)
    }

    /// Adds bytes: whole lines, or parts of them.
    package mutating func append(_ bytes: UnsafeRawBufferPointer) throws(FileFault) {
        try frames.append(bytes)
    }

    /// Adds bytes: whole lines, or parts of them.
    package mutating func append(_ bytes: [UInt8]) throws(FileFault) {
        try bytes.withUnsafeBufferPointer { bytes throws(FileFault) in
            try append(UnsafeRawBufferPointer(bytes))
        }
    }

    /// Puts the outcome on the disk under its name, then the summary, which holds its digest.
    ///
    /// - Returns: the digest of the summary.
    package consuming func finish(_ summary: Summary) throws(FileFault) -> Digest {
        try frames.finish()
        let facts = try frames.sync()
        faults.hit(.outcomeSynced)
        try FileSystem.rename("\(folder)/outcome.jsonl.zst.partial", to: "\(folder)/outcome.jsonl.zst")
        faults.hit(.outcomeRenamed)
        let json = summary.json(outcome: facts)
        try writeWhole(json, to: "\(folder)/summary.json")
        try FileSystem.syncFolder(folder)
        faults.hit(.summaryRenamed)
        return digest(of: json)
    }
}

extension WorkloadFolder {
    /// Where the outcome of the workload is, once it is over.
    package var outcomePath: String { "\(path)/outcome.jsonl.zst" }
    /// Where its summary is.
    package var summaryPath: String { "\(path)/summary.json" }

    /// What the summary states, and the digest of the file; nil when there is none.
    ///
    /// - Throws: `FileFault`; `ArchiveDamage` when it is not a summary.
    package func publishedSummary() throws -> (stated: StatedSummary, digest: Digest)? {
        guard FileSystem.exists(summaryPath) else { return nil }
        let bytes = try FileSystem.contents(of: summaryPath)
        guard let stated = StatedSummary(json: bytes) else {
            throw ArchiveDamage(path: summaryPath, reason: "not a summary")
        }
        return (stated, digest(of: bytes))
    }
}
