package import BatchCore
package import Env

extension Archive {
    /// The folders of all workloads that are in the archive, or of one.
    package func folders(of workload: WorkloadID? = nil) throws(FileFault) -> [WorkloadFolder] {
        try workloads().filter { $0.id != nil && (workload == nil || $0.id == workload) }
            .map { WorkloadFolder(path: $0.path, faults: .none) }
    }
}

extension WorkloadFolder {
    /// The jobs that were published in it.
    package func jobs() throws(FileFault) -> [JobID] {
        try FileSystem.names(in: path).filter { $0.hasPrefix("job=") }
            .map { JobID(String($0.dropFirst("job=".count))) }
    }

    /// The facts of a file of the archive, all of them found anew: it is read and decoded from end to end.
    ///
    /// - Throws: `FileFault`; `ArchiveDamage` when it cannot be decoded.
    package func foundFacts(of path: String) throws -> ArchivedFacts {
        let stored = try storedFacts(of: path)
        var reader = try ResultReader(path)
        var raw = GrowingFacts()
        while try reader.next({ raw.add(raw: $0, stored: UnsafeRawBufferPointer(start: nil, count: 0)) }) {}
        var facts = raw.facts
        facts.storedBytes = stored.bytes
        facts.storedSHA256 = stored.sha256
        return facts
    }
}
