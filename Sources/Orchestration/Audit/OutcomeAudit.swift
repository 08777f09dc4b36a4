import BatchCore
import BatchStore
import Env
import Spool

/// Compares the outcome and the summary of a workload that is over with its rows.
struct OutcomeAudit {
    private let workload: WorkloadRecord
    private let folders: [WorkloadFolder]
    private let store: Store
    private var findings = Findings()

    init(_ workload: WorkloadRecord, _ folders: [WorkloadFolder], _ store: Store) {
        self.workload = workload
        self.folders = folders
        self.store = store
    }

    func check() throws -> Auditor.Check {
        var audit = self
        var detail = ""
        guard let folder = folders.first(where: { FileSystem.exists($0.summaryPath) }) else {
            let place = folders.first?.summaryPath ?? "the archive of \(workload.id)"
            audit.findings.add(place, expected: "a summary", found: "nothing", .restore)
            return audit.findings.check("outcome", "")
        }
        do {
            let digest = try audit.compareSummary(in: folder)
            detail = "\(workload.rows.total.grouped) lines, SHA-256 \(digest.map(\.description) ?? "unknown")"
            try audit.compareLines(in: folder)
        } catch let damage as ArchiveDamage {
            audit.findings.add(damage.path, expected: "what was published", found: damage.reason, .restore)
        } catch let fault as FileFault {
            audit.findings.add(fault.path, expected: "a file that can be read", found: "\(fault)", .restore)
        } catch let error as StoreError {
            audit.findings.add(
                "the rows of \(workload.id)", expected: "a state for each", found: "\(error)", .records)
        }
        return audit.findings.check("outcome", detail)
    }

    private mutating func compareSummary(in folder: WorkloadFolder) throws -> Digest? {
        guard let (stated, digest) = try folder.publishedSummary() else { return nil }
        let place = folder.summaryPath
        if let expected = workload.summarySHA256 {
            findings.compare("\(place), SHA-256", expected: expected, found: digest, .restore)
        }
        findings.compare("\(place), state", expected: workload.state.rawValue, found: stated.state, .restore)
        for state in RowState.allCases {
            findings.compare(
                "\(place), rows \(state.word)", expected: workload.rows[state],
                found: stated.rows[state.word] ?? 0, .restore)
        }
        if let source = workload.sourceSHA256 {
            findings.compare(
                "\(place), SHA-256 of the source", expected: "\(source)", found: stated.sourceSHA256, .restore
            )
        }
        let jobs = try store.batches(of: workload.id, phase: "settled", limit: .max).reversed().compactMap {
            $0.job?.rawValue
        }
        findings.compare("\(place), jobs", expected: jobs, found: stated.jobs, .restore)
        guard FileSystem.exists(folder.outcomePath) else { return stated.outcome.rawSHA256 }
        let (bytes, stored) = try folder.storedFacts(of: folder.outcomePath)
        findings.compare(
            "\(folder.outcomePath), size in bytes", expected: stated.outcome.storedBytes, found: bytes,
            .restore)
        findings.compare(
            "\(folder.outcomePath), SHA-256", expected: stated.outcome.storedSHA256, found: stored, .restore)
        return stated.outcome.rawSHA256
    }

    /// Writes each row's line anew, and compares: the first line that differs is named.
    private mutating func compareLines(in folder: WorkloadFolder) throws {
        let path = folder.outcomePath
        guard FileSystem.exists(path) else {
            return findings.add(path, expected: "the outcome of \(workload.id)", found: "nothing", .restore)
        }
        var rows = RowQueue(workload: workload.id, store: store)
        var reader = try ResultReader(path)
        var splitter = LineSplitter(limit: .max)
        var number: Int64 = 0
        var isGood = true
        func take(_ line: LineSplitter.Line, _: Int64) throws {
            number += 1
            guard isGood, case .whole(let bytes) = line else { return }
            guard let row = try rows.next() else {
                isGood = false
                return findings.add(
                    "line \(number) of \(path)", expected: "the end", found: "another line", .restore)
            }
            guard !row.json().dropLast().elementsEqual(bytes) else { return }
            isGood = false
            let status = row.status.map { ", HTTP \($0)" } ?? ""
            findings.add(
                "line \(number) of \(path)", expected: "row \(row.id), \(row.state.word)\(status)",
                found: "another line; more may differ", .restore)
        }
        while try reader.next({ try splitter.feed($0, take) }) {}
        try splitter.finish(take)
        findings.compare("\(path), lines", expected: workload.rows.total, found: number, .restore)
    }
}

/// The rows of a workload one after the other, read page by page.
private struct RowQueue {
    let workload: WorkloadID
    let store: Store
    private var page: ArraySlice<RowRecord> = []
    private var after: Int64? = -1

    init(workload: WorkloadID, store: Store) {
        self.workload = workload
        self.store = store
    }

    mutating func next() throws -> RowRecord? {
        while page.isEmpty {
            guard let place = after else { return nil }
            let next = try store.rows(of: workload, after: place)
            page = next.rows[...]
            after = next.next
        }
        return page.popFirst()
    }
}
