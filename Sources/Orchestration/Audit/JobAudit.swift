import BatchCore
import BatchStore
import Crypto
import Env
import Spool

/// Compares the archived jobs of a workload with the records, file by file and line by line.
struct JobAudit {
    /// The workload's folders in the archive: one for each account that its queue has had.
    let folders: [WorkloadFolder]
    private let workload: WorkloadRecord
    private let store: Store
    private var files = Findings()
    private var results = Findings()
    private var jobs = 0
    private var lines: Int64 = 0
    /// Batches whose rows were weighed.
    private var settled: Set<BatchID> = []
    /// Rows whose last result was found in the archive.
    private var matched: RowBits
    /// Rows that the archive has seen succeed.
    private var succeeded: RowBits

    /// So many lines are looked up together: each time the ids of all rows are read.
    private static let linesPerRead = 20_000

    init(_ workload: WorkloadRecord, _ folders: [WorkloadFolder], _ store: Store) {
        self.workload = workload
        self.folders = folders
        self.store = store
        matched = RowBits(rows: workload.rows.total)
        succeeded = RowBits(rows: workload.rows.total)
    }

    /// What was found.
    var checks: [Auditor.Check] {
        [
            files.check("archive", "\(jobs.grouped) jobs are as they were published"),
            results.check("results", "\(lines.grouped) result lines agree with the rows"),
        ]
    }

    /// Checks one job: its files, and when it is settled, its lines.
    mutating func audit(_ record: BatchRecord) throws {
        jobs += 1
        let batch = record.batch.id
        guard let job = record.job else {
            return files.add("\(batch)", expected: "a job", found: "none", .records)
        }
        guard let folder = folders.first(where: { FileSystem.exists($0.path(of: job)) }) else {
            let place = folders.first?.path(of: job) ?? "the archive of \(workload.id)"
            return files.add(place, expected: "the job \(job) of \(batch)", found: "nothing", .restore)
        }
        try guarding { audit in
            let manifest = try audit.compareFiles(record, job, folder)
            guard let facts = record.results else { return }
            try audit.compareLines(record, facts, job, folder, manifest)
        }
    }

    /// Runs `body`; a file that cannot be read or decoded is a finding.
    private mutating func guarding(_ body: (inout JobAudit) throws -> Void) throws {
        do {
            try body(&self)
        } catch let damage as ArchiveDamage {
            files.add(damage.path, expected: "what was published", found: damage.reason, .restore)
        } catch let fault as FileFault {
            files.add(fault.path, expected: "a file that can be read", found: "\(fault)", .restore)
        }
    }

    private mutating func compareFiles(
        _ record: BatchRecord, _ job: JobID, _ folder: WorkloadFolder
    ) throws -> Manifest {
        let batch = record.batch.id
        let wanted =
            [folder.manifestPath(of: job)] + (record.results == nil ? [] : [folder.resultsPath(of: job)])
        let there = try FileSystem.names(in: folder.path(of: job)).map { "\(folder.path(of: job))/\($0)" }
        for path in wanted where !there.contains(path) {
            files.add(path, expected: "a file of \(batch)", found: "nothing", .restore)
        }
        for path in there where !wanted.contains(path) {
            files.add(path, expected: "nothing", found: "a file", .foreign)
        }
        if let facts = record.results, there.contains(folder.resultsPath(of: job)) {
            let (bytes, digest) = try folder.storedFacts(of: folder.resultsPath(of: job))
            let place = folder.resultsPath(of: job)
            files.compare("\(place), size in bytes", expected: facts.storedBytes, found: bytes, .restore)
            files.compare("\(place), SHA-256", expected: facts.storedSHA256, found: digest, .restore)
        }
        let (manifest, digest) = try { ($0.manifest, $0.digest) }(folder.manifest(of: job))
        let place = folder.manifestPath(of: job)
        if let stated = record.manifestSHA256 {
            files.compare("\(place), SHA-256", expected: stated, found: digest, .restore)
        }
        files.compare("\(place), batch", expected: batch, found: manifest.batch, .restore)
        files.compare("\(place), workload", expected: workload.id, found: manifest.workload, .restore)
        files.compare("\(place), rows", expected: record.batch.rows, found: manifest.rows, .restore)
        files.compare(
            "\(place), SHA-256 of the input", expected: record.input?.sha256, found: manifest.input?.sha256,
            .restore)
        files.compare(
            "\(place), SHA-256 of the results", expected: record.results?.rawSHA256,
            found: manifest.results?.rawSHA256, .restore)
        return manifest
    }

    // MARK: lines

    /// The lines of one job, as far as they are read.
    private struct Reading {
        let record: BatchRecord
        let place: String
        var lines: Int64 = 0
        /// Lines that settled no row: not a result, no row of the workload, or a row's second line.
        var odd: Int64 = 0
        var pending: [(line: ResultLine, number: Int64)] = []
        var seen: RowBits
        /// Where its rows went, by the manifest.
        let endpoint: Endpoint?
        /// Rules that made a success of an answer here.
        let rules: [OutcomeRule]
        /// Rows that succeeded here, and are not recorded as such; a stray line may say so of any row.
        var elsewhere = Findings()

        mutating func take(_ line: LineSplitter.Line) {
            lines += 1
            guard case .whole(let bytes) = line, let result = try? ResultScanner.scan(bytes) else {
                odd += 1
                return
            }
            pending.append((result, lines))
        }

        /// True when the answer, or what is recorded about it, makes a success of the row.
        func isSuccess(_ line: ResultLine, _ found: LineEvidence) -> Bool {
            if line.verdict == .done { return true }
            if let endpoint, found.doubts > 0, line.provesEarlierSuccess(of: endpoint) { return true }
            return rules.contains { $0.makesASuccess(of: line) }
        }
    }

    private mutating func compareLines(
        _ record: BatchRecord, _ facts: ArchivedFacts, _ job: JobID, _ folder: WorkloadFolder,
        _ manifest: Manifest
    ) throws {
        let isSettled = record.batch.phase == .settled
        var reading = Reading(
            record: record, place: folder.resultsPath(of: job), seen: RowBits(rows: workload.rows.total),
            endpoint: Endpoint(manifest.endpoint), rules: try store.rulesUsed(in: record.batch.id))
        var hash = SHA256()
        var reader = try ResultReader(reading.place)
        var splitter = LineSplitter(limit: Settler.maximumLineBytes)
        while try reader.next({ bytes in
            hash.update(bufferPointer: bytes)
            splitter.feed(bytes) { line, _ in reading.take(line) }
        }) {
            if reading.pending.count >= Self.linesPerRead { try weigh(&reading, isSettled) }
        }
        splitter.finish { line, _ in reading.take(line) }
        try weigh(&reading, isSettled)
        lines += reading.lines
        let digest = Digest(Array(hash.finalize()))
        files.compare("\(reading.place), lines", expected: facts.lines, found: reading.lines, .restore)
        files.compare(
            "\(reading.place), SHA-256 of the content", expected: facts.rawSHA256, found: digest, .restore)
        guard isSettled else { return }
        settled.insert(record.batch.id)
        let counters = "\(record.batch.id), lines that settled a row and lines that did not"
        results.compare(
            counters, expected: reading.lines, found: record.settledRows + record.oddLines, .records)
        if reading.odd > record.oddLines {
            results.compare(
                "\(record.batch.id), lines that settled no row", expected: reading.odd,
                found: record.oddLines,
                .records)
        }
        if reading.elsewhere.count > max(0, record.oddLines - reading.odd) {
            for difference in reading.elsewhere.kept {
                results.add(
                    difference.place, expected: difference.expected, found: difference.found, .sentTwice)
            }
        }
    }

    private mutating func weigh(_ reading: inout Reading, _ isSettled: Bool) throws {
        defer { reading.pending.removeAll(keepingCapacity: true) }
        guard isSettled else { return }
        let evidence = try store.evidence(for: reading.pending.map(\.line.id), in: workload.id)
        for ((line, number), found) in zip(reading.pending, evidence) {
            guard let found else {
                // A row without a state of its own never had a result.
                if let row = try store.number(ofRow: line.id, in: workload.id), reading.seen.insert(row),
                    line.verdict == .done
                {
                    note(line, number, "no result", &reading)
                } else {
                    reading.odd += 1
                }
                continue
            }
            guard reading.seen.insert(found.number) else {
                reading.odd += 1
                continue
            }
            weigh(line, number, found, &reading)
        }
    }

    /// Weighs the first line of a job for a row.
    private mutating func weigh(
        _ line: ResultLine, _ number: Int64, _ found: LineEvidence, _ reading: inout Reading
    ) {
        let batch = reading.record.batch.id
        let place = "row \(line.id), by line \(number) of \(reading.place)"
        if line.verdict == .done, reading.record.ending != .validationFailed, !succeeded.insert(found.number)
        {
            results.add(place, expected: "one success", found: "a second one, in \(batch)", .sentTwice)
        }
        // A row that travelled again has what its last batch brought, unless it was done here.
        guard found.batch == batch, found.state != .inFlight else {
            if line.verdict == .done {
                note(line, number, "\(found.state.word), last sent in \(found.batch)", &reading)
            }
            return
        }
        _ = matched.insert(found.number)
        let stated = "HTTP \(line.status)"
        if found.status != line.status {
            results.add(
                place, expected: stated, found: found.status.map { "HTTP \($0)" } ?? "no result", .records)
        } else if reading.record.ending == .validationFailed {
            return
        } else if found.state == .succeeded, !reading.isSuccess(line, found) {
            results.add(place, expected: "not succeeded, for \(stated)", found: "succeeded", .records)
        } else if found.state != .succeeded, line.verdict == .done {
            results.add(place, expected: "succeeded, for \(stated)", found: found.state.word, .records)
        } else if found.state != .succeeded, !found.hasError(of: line) {
            results.add(
                place, expected: "the error \(line.error?.code ?? line.error?.type ?? "without a code")",
                found: found.error.map { "the error \($0.code ?? $0.type ?? "without a code")" } ?? "none",
                .records)
        }
    }

    private func note(_ line: ResultLine, _ number: Int64, _ found: String, _ reading: inout Reading) {
        reading.elsewhere.add(
            "row \(line.id), by line \(number) of \(reading.place)",
            expected: "succeeded, for HTTP \(line.status)",
            found: found, .sentTwice)
    }

    /// Looks for rows that claim a result which no archived line gave them.
    mutating func auditClaims() throws {
        var after: Int64? = -1
        while let place = after {
            let page = try store.claimedResults(of: workload.id, after: place)
            for claim in page.rows where settled.contains(claim.batch) && !matched.contains(claim.number) {
                let row = try store.rows(of: workload.id, after: claim.number - 1, limit: 1).rows.first
                results.add(
                    "row \(row?.id ?? "\(claim.number)")",
                    expected: "a line in the results of \(claim.batch)",
                    found: "none, and it is \(row?.state.word ?? "lost")", .records)
            }
            after = page.next
        }
    }

    /// Looks for folders and files that no batch explains.
    mutating func auditNames(_ batches: some Collection<BatchRecord>) throws {
        let jobs = Set(batches.filter { $0.batch.phase.isInArchive }.compactMap(\.job))
        for folder in folders {
            let published = Set(jobs.map(folder.path(of:)))
            for name in try FileSystem.names(in: folder.path) {
                let path = "\(folder.path)/\(name)"
                if published.contains(path) || [folder.outcomePath, folder.summaryPath].contains(path) {
                    continue
                }
                if try isUnderWay(path, in: folder) { continue }
                files.add(path, expected: "nothing", found: "a file or folder", .foreign)
            }
        }
    }

    /// True for what an unfinished download, or one that has just ended, leaves for a while.
    private func isUnderWay(_ path: String, in folder: WorkloadFolder) throws -> Bool {
        if workload.state.isOver { return false }
        if path.hasPrefix(folder.outcomePath) || path.hasPrefix(folder.summaryPath) { return true }
        // The records were read before the folder: what was published since is in them now.
        return try store.batches(of: workload.id, limit: .max).contains { record in
            path == folder.partialPath(of: record.batch.id) && !record.isSwept
                || record.job.map { path == folder.path(of: $0) } ?? false
        }
    }
}

extension LineEvidence {
    /// True when the recorded error is the one of the line.
    fileprivate func hasError(of line: ResultLine) -> Bool {
        error?.type == line.error?.type && error?.code == line.error?.code
            && error?.message == line.error?.message
    }
}
