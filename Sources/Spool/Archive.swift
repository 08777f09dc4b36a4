package import BatchCore
package import Env

/// The folder of what is kept for good. Every call blocks.
package struct Archive: Sendable {
    /// The root of the archive.
    package let root: String
    private let faults: Faults

    /// Opens the archive, and makes its folder when it is missing.
    package init(root: String, faults: Faults = .none) throws(FileFault) {
        try FileSystem.makeFolders(root)
        self.root = root
        self.faults = faults
    }

    /// An archive that is only read: nothing is made.
    package init(reading root: String) {
        self.root = root
        faults = .none
    }

    /// The folders of one workload that are there: one for each account that its queue has had.
    package func existingFolders(queue: String, workload: WorkloadID) throws(FileFault) -> [WorkloadFolder] {
        try accounts().map { "\($0)/queue=\(folderName(queue))/workload=\(workload)" }
            .filter(FileSystem.exists).map { WorkloadFolder(path: $0, faults: faults) }
    }

    /// Everything that stands where workloads do, and where their queues and accounts do: what somebody
    /// else put there has no id.
    package func workloads() throws(FileFault) -> [(path: String, id: WorkloadID?)] {
        var found: [(path: String, id: WorkloadID?)] = []
        for account in try accounts() {
            for queue in try FileSystem.names(in: account) {
                guard queue.hasPrefix("queue=") else {
                    found.append(("\(account)/\(queue)", nil))
                    continue
                }
                for name in try FileSystem.names(in: "\(account)/\(queue)") {
                    let id = name.hasPrefix("workload=") ? WorkloadID(String(name.dropFirst(9))) : nil
                    found.append(("\(account)/\(queue)/\(name)", id))
                }
            }
        }
        return found
    }

    private func accounts() throws(FileFault) -> [String] {
        guard FileSystem.exists(root) else { return [] }
        return try FileSystem.names(in: root).filter { $0.hasPrefix("account=") }.map { "\(root)/\($0)" }
    }

    /// The folder of one workload, made when it is missing.
    package func folder(
        account: String, queue: String, workload: WorkloadID
    ) throws(FileFault) -> WorkloadFolder {
        let path = "\(root)/account=\(folderName(account))/queue=\(folderName(queue))/workload=\(workload)"
        try FileSystem.makeFolders(path)
        return WorkloadFolder(path: path, faults: faults)
    }
}

/// The archive of one workload.
///
/// A job's results grow in `.partial-b34`, beside the folder that they will become, so that publishing
/// is one rename within one file system. What is named `job=…` is whole.
package struct WorkloadFolder: Sendable {
    /// The folder.
    package let path: String
    let faults: Faults

    static let resultsName = "results.jsonl.zst"
    static let manifestName = "manifest.json"

    /// Where the folder of a published job is.
    package func path(of job: JobID) -> String { "\(path)/job=\(folderName(job.rawValue))" }

    /// Where the results of a published job are, if it had any.
    package func resultsPath(of job: JobID) -> String { "\(path(of: job))/\(Self.resultsName)" }

    /// Where the results of a batch grow before they are published.
    package func partialPath(of batch: BatchID) -> String { "\(path)/.partial-\(batch)" }

    /// Starts the results of `batch`, or goes on where an earlier try ended, crashed or not.
    ///
    /// The download goes on at the writer's `rawBytes`.
    package func writer(for batch: BatchID) throws(FileFault) -> ArchiveWriter {
        let folder = partialPath(of: batch)
        try FileSystem.makeFolders(folder)
        let finished = "\(folder)/\(Self.resultsName)"
        let partial = finished + ".partial"
        // A crash between the renames of publish(): the content is whole, and is read back to know it.
        if FileSystem.exists(finished) { try FileSystem.rename(finished, to: partial) }
        return try ArchiveWriter(path: partial, faults: faults)
    }

    /// Throws away what was downloaded for `batch` and not published.
    package func discardPartial(of batch: BatchID) throws(FileFault) {
        try FileSystem.removeFolder(partialPath(of: batch))
    }

    /// Makes a job appear in the archive: its results and its manifest, or neither.
    ///
    /// `manifest.results` are the facts from `ArchiveWriter.finish()`, or nil for a job without output;
    /// then only a manifest is published. Publishing a job that is there keeps what is there, after
    /// comparing it.
    ///
    /// - Returns: the digest of the manifest that is there now.
    /// - Throws: `FileFault`; `ArchiveDamage` when the job is there with other content.
    @discardableResult
    package func publish(_ manifest: Manifest) throws -> Digest {
        if let existing = try published(manifest.job) {
            guard existing.manifest.hasSameContent(as: manifest) else {
                throw ArchiveDamage(
                    path: path(of: manifest.job), reason: "published before, with other content")
            }
            try discardPartial(of: manifest.batch)
            return existing.digest
        }
        let folder = partialPath(of: manifest.batch)
        let results = "\(folder)/\(Self.resultsName)"
        if manifest.results == nil {
            try discardPartial(of: manifest.batch)
            try FileSystem.makeFolders(folder)
        } else {
            try FileSystem.rename(results + ".partial", to: results)
            faults.hit(.resultsRenamed)
        }
        let json = manifest.json
        try writeWhole(json, to: "\(folder)/\(Self.manifestName)")
        faults.hit(.manifestRenamed)
        try FileSystem.syncFolder(folder)
        faults.hit(.jobFolderSynced)
        try FileSystem.rename(folder, to: path(of: manifest.job))
        faults.hit(.jobFolderRenamed)
        try FileSystem.syncFolder(path)
        faults.hit(.jobFolderPublished)
        return digest(of: json)
    }

    /// A published job as it is on the disk.
    package struct PublishedJob: Hashable, Sendable {
        /// What its manifest says.
        package var manifest: Manifest
        /// The digest of the manifest's bytes.
        package var digest: Digest
    }

    /// A published job, its stored results compared with its manifest; nil when it is not there.
    ///
    /// - Throws: `FileFault`; `ArchiveDamage` when manifest and results do not agree.
    package func published(_ job: JobID) throws -> PublishedJob? {
        guard FileSystem.exists(path(of: job)) else { return nil }
        // The rename that made it visible may have been followed by a crash: make it last, again.
        try FileSystem.syncFolder(path)
        let published = try manifest(of: job)
        if let facts = published.manifest.results {
            let (bytes, digest) = try storedFacts(of: resultsPath(of: job))
            guard bytes == facts.storedBytes, digest == facts.storedSHA256 else {
                throw ArchiveDamage(path: resultsPath(of: job), reason: "differs from its manifest")
            }
        }
        return published
    }

    /// Where the manifest of a published job is.
    package func manifestPath(of job: JobID) -> String { "\(path(of: job))/\(Self.manifestName)" }

    /// The manifest of a published job as it is on the disk; the results are not looked at.
    ///
    /// - Throws: `FileFault`; `ArchiveDamage` when it is not a manifest.
    package func manifest(of job: JobID) throws -> PublishedJob {
        let path = manifestPath(of: job)
        guard FileSystem.exists(path) else { throw ArchiveDamage(path: path, reason: "is missing") }
        let bytes = try FileSystem.contents(of: path)
        guard let manifest = Manifest(json: bytes) else {
            throw ArchiveDamage(path: path, reason: "not a manifest")
        }
        return PublishedJob(manifest: manifest, digest: digest(of: bytes))
    }

    /// Starts the outcome of the workload; an unfinished one is replaced.
    package func outcomeWriter() throws(FileFault) -> OutcomeWriter {
        try OutcomeWriter(folder: path, faults: faults)
    }

    /// Size and digest of a file of the archive as it is stored.
    package func storedFacts(of path: String) throws(FileFault) -> (bytes: Int64, sha256: Digest) {
        let file = try OpenFile(path, .read)
        let buffer = Buffer(capacity: 1 << 20)
        var hash = GrowingHash()
        var bytes: Int64 = 0
        while true {
            let count = try file.read(into: buffer.bytes)
            if count == 0 { return (bytes, hash.digest) }
            hash.update(buffer.prefix(count))
            bytes += Int64(count)
        }
    }
}

/// Makes a small file appear whole or not at all. Its folder is not synced.
func writeWhole(_ bytes: [UInt8], to path: String) throws(FileFault) {
    let partial = path + ".partial"
    let file = try OpenFile(partial, .create)
    try bytes.withUnsafeBufferPointer { bytes throws(FileFault) in
        try file.write(UnsafeRawBufferPointer(bytes))
    }
    try file.sync()
    try FileSystem.rename(partial, to: path)
}

/// A name as part of a path, as Hive encodes partition values: one segment, and never `.` or `..`.
private func folderName(_ name: String) -> String {
    let digits = Array("0123456789ABCDEF".utf8)
    var bytes: [UInt8] = []
    for byte in name.utf8 {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "-"), UInt8(ascii: "."):
            bytes.append(byte)
        default:
            bytes += [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
        }
    }
    return String(decoding: bytes, as: UTF8.self)
}
