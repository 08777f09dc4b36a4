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
    package consuming func finish(_ summary: Summary) throws(FileFault) -> ArchivedFacts {
        let facts = try frames.finish()
        faults.hit(.outcomeSynced)
        try FileSystem.rename("\(folder)/outcome.jsonl.zst.partial", to: "\(folder)/outcome.jsonl.zst")
        faults.hit(.outcomeRenamed)
        try writeWhole(summary.json(outcome: facts), to: "\(folder)/summary.json")
        try FileSystem.syncFolder(folder)
        faults.hit(.summaryRenamed)
        return facts
    }
}

extension WorkloadFolder {
    /// What the outcome holds, read back whole and compared with its summary; nil when there is none.
    ///
    /// - Throws: `FileFault`; `ArchiveDamage` when file and summary do not agree.
    package func publishedOutcome() throws -> ArchivedFacts? {
        let file = "\(path)/outcome.jsonl.zst"
        guard FileSystem.exists(file), FileSystem.exists("\(path)/summary.json") else { return nil }
        guard let stated = Summary.outcome(in: try FileSystem.contents(of: "\(path)/summary.json")) else {
            throw ArchiveDamage(path: "\(path)/summary.json", reason: "not a summary")
        }
        var hash = GrowingHash()
        var reader = try ResultReader(file)
        var bytes: Int64 = 0
        while try reader.next({
            hash.update($0); bytes += Int64($0.count)
        }) {}
        guard bytes == stated.rawBytes, hash.digest == stated.rawSHA256 else {
            throw ArchiveDamage(path: file, reason: "differs from its summary")
        }
        return stated
    }
}
