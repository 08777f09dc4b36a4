package import BatchCore
package import BatchStore
import Env
package import Spool

/// Reads every file of the archive from end to end, and compares it with what its manifest or summary says.
///
/// It needs no records: a copy of the archive alone can be verified. With records it also sees that every job
/// is there, and under the manifest that was published.
package struct ArchiveVerifier: Sendable {
    private let archive: Archive
    private let store: Store?

    /// What was found.
    package struct Verdict: Hashable, Sendable {
        /// Jobs that were looked at.
        package var jobs = 0
        /// Bytes that were read, as they are stored.
        package var bytes: Int64 = 0
        /// How many differences there are.
        package var count: Int64 = 0
        /// The first of them.
        package var differences: [Difference] = []
    }

    /// A verifier of this archive, beside these records when there are some.
    package init(archive: Archive, store: Store?) {
        self.archive = archive
        self.store = store
    }

    /// Verifies all of it, or what it holds of one workload.
    package func verify(_ workload: WorkloadID? = nil) throws -> Verdict {
        var work = Work()
        // The records first: what comes to be later is not looked for.
        let records = try records(of: workload)
        for place in try archive.workloads() where place.id == nil && workload == nil {
            work.findings.add(
                place.path, expected: "folders of queues and workloads", found: "something else", .foreign)
        }
        for folder in try archive.folders(of: workload) { try work.verify(folder) }
        for record in records {
            guard let job = record.job, let digest = record.manifestSHA256 else { continue }
            if let found = work.manifests[job] {
                work.findings.compare(
                    "\(found.path), SHA-256", expected: digest, found: found.digest, .restore)
            } else if !work.broken.contains(job) {
                work.findings.add(
                    "the archive of \(record.batch.workload)",
                    expected: "the job \(job) of \(record.batch.id)",
                    found: "nothing", .restore)
            }
        }
        return Verdict(
            jobs: work.manifests.count + work.broken.count, bytes: work.bytes, count: work.findings.count,
            differences: work.findings.kept)
    }

    private func records(of workload: WorkloadID?) throws -> [BatchRecord] {
        guard let store else { return [] }
        return try store.batches(of: workload, limit: .max).filter(\.batch.phase.isInArchive)
    }
}

/// What was read so far.
private struct Work {
    var findings = Findings()
    var bytes: Int64 = 0
    var manifests: [JobID: (path: String, digest: Digest)] = [:]
    /// Jobs whose manifest cannot be read.
    var broken: Set<JobID> = []

    mutating func verify(_ folder: WorkloadFolder) throws {
        for job in try folder.jobs() {
            let isKnown = try reading { work in
                let published = try folder.manifest(of: job)
                work.manifests[job] = (folder.manifestPath(of: job), published.digest)
                try work.verify(job, published.manifest, in: folder)
            }
            if !isKnown, manifests[job] == nil { broken.insert(job) }
        }
        _ = try reading { work in
            // An outcome without a summary is one that is being written.
            guard let (stated, _) = try folder.publishedSummary() else { return }
            try work.compare(folder.outcomePath, with: stated.outcome, in: folder)
        }
    }

    private mutating func verify(_ job: JobID, _ manifest: Manifest, in folder: WorkloadFolder) throws {
        let place = folder.manifestPath(of: job)
        findings.compare("\(place), job", expected: job, found: manifest.job, .restore)
        let wanted = [place] + (manifest.results == nil ? [] : [folder.resultsPath(of: job)])
        for name in try FileSystem.names(in: folder.path(of: job)) {
            let path = "\(folder.path(of: job))/\(name)"
            if !wanted.contains(path) { findings.add(path, expected: "nothing", found: "a file", .foreign) }
        }
        if let facts = manifest.results {
            try compare(folder.resultsPath(of: job), with: facts, in: folder)
        }
    }

    private mutating func compare(
        _ path: String, with stated: ArchivedFacts, in folder: WorkloadFolder
    ) throws {
        let (size, digest) = try folder.storedFacts(of: path)
        bytes += size
        findings.compare("\(path), size in bytes", expected: stated.storedBytes, found: size, .restore)
        findings.compare("\(path), SHA-256", expected: stated.storedSHA256, found: digest, .restore)
        // What is damaged cannot be decoded, or would only be told twice.
        guard digest == stated.storedSHA256 else { return }
        let found = try folder.foundFacts(of: path)
        findings.compare("\(path), lines", expected: stated.lines, found: found.lines, .restore)
        findings.compare(
            "\(path), SHA-256 of the content", expected: stated.rawSHA256, found: found.rawSHA256, .restore)
    }

    /// Runs `body`; a file that cannot be read or decoded is a finding, and the answer is then false.
    private mutating func reading(_ body: (inout Work) throws -> Void) throws -> Bool {
        do {
            try body(&self)
            return true
        } catch let damage as ArchiveDamage {
            findings.add(damage.path, expected: "what was published", found: damage.reason, .restore)
        } catch let fault as FileFault {
            findings.add(fault.path, expected: "a file that can be read", found: "\(fault)", .restore)
        }
        return false
    }
}
