import BatchCore
package import BatchStore
import Crypto
import Env
package import Spool

/// Checks a workload's records against the archive, the history and themselves.
///
/// Every check derives anew what the records claim; no counter is trusted. It reads only, and may run
/// beside the work.
package struct Auditor: Sendable {
    /// One thing that was checked.
    package struct Check: Hashable, Sendable {
        /// What was compared, in a word or two.
        package var name: String
        /// Whether it held.
        package var holds: Bool
        /// The figures; what differs, where and by how much.
        package var detail: String
    }

    private static let linesPerRead = 5_000
    private let store: Store
    private let archive: Archive

    /// An auditor of these records and this archive.
    package init(store: Store, archive: Archive) {
        self.store = store
        self.archive = archive
    }

    /// Runs every check on one workload, archived under `account`.
    package func audit(_ workload: WorkloadRecord, account: String) throws -> [Check] {
        let folder = try archive.folder(account: account, queue: workload.queue, workload: workload.id)
        var checks = [try counts(of: workload), try history(of: workload)]
        let batches = try store.batches(of: workload.id, phase: "settled", limit: .max).reversed()
        var lines: Int64 = 0
        var differences: [String] = []
        for batch in batches {
            do {
                let (read, found) = try compare(batch, in: folder, workload)
                lines += read
                differences += found
            } catch let damage as ArchiveDamage {
                differences.append("\(damage)")
            } catch let fault as FileFault {
                differences.append("\(fault)")
            }
        }
        checks.append(
            Check(
                name: "archive", holds: differences.isEmpty,
                detail: differences.isEmpty
                    ? "\(batches.count) jobs and \(lines) result lines agree with their digests and the rows"
                    : differences.prefix(20).joined(separator: "; ")))
        if workload.state.isOver { checks.append(try outcome(of: workload, in: folder)) }
        return checks
    }

    private func counts(of workload: WorkloadRecord) throws -> Check {
        let evidence = try store.countsEvidence(of: workload.id)
        let holds = evidence.kept == evidence.derived && evidence.kept.total == evidence.stored
        return Check(
            name: "counts", holds: holds,
            detail: holds
                ? "\(evidence.stored) rows, each in exactly one state"
                : "kept: \(words(evidence.kept)); counted: \(words(evidence.derived)); stored: \(evidence.stored)"
        )
    }

    private func history(of workload: WorkloadRecord) throws -> Check {
        let odd = try store.batchesNotSettledOnce(of: workload.id)
        return Check(
            name: "history", holds: odd.isEmpty,
            detail: odd.isEmpty
                ? "every settled batch was settled once"
                : "not settled exactly once: \(odd.map(\.description).joined(separator: ", "))")
    }

    /// Reads a batch's archived results and compares each line with the row it names.
    private func compare(
        _ record: BatchRecord, in folder: WorkloadFolder, _ workload: WorkloadRecord
    ) throws -> (lines: Int64, differences: [String]) {
        let batch = record.batch.id
        guard let job = record.job else { return (0, ["\(batch) is settled without a job"]) }
        guard let manifest = try folder.published(job) else {
            return (0, ["\(batch): \(job) is not in the archive"])
        }
        guard manifest.results == record.results, manifest.batch == batch else {
            return (0, ["\(batch): the manifest of \(job) differs from the records"])
        }
        guard let facts = record.results else { return (0, []) }
        var reading = Reading(rows: workload.rows.total)
        var hash = SHA256()
        var reader = try ResultReader(folder.resultsPath(of: job))
        var splitter = LineSplitter(limit: Settler.maximumLineBytes)
        var pending: [ResultLine] = []
        func take(_ line: LineSplitter.Line, _: Int64) {
            reading.lines += 1
            // What is not a result settled no row.
            if case .whole(let bytes) = line, let result = try? ResultScanner.scan(bytes) {
                pending.append(result)
            }
        }
        func weigh() throws {
            let evidence = try store.evidence(for: pending.map(\.id), in: workload.id)
            for (line, found) in zip(pending, evidence) { reading.weigh(line, found, from: batch) }
            pending.removeAll(keepingCapacity: true)
        }
        while try reader.next({ bytes in
            hash.update(bufferPointer: bytes)
            splitter.feed(bytes, take)
        }) {
            if pending.count >= Self.linesPerRead { try weigh() }
        }
        splitter.finish(take)
        try weigh()
        if Digest(Array(hash.finalize())) != facts.rawSHA256 || reading.lines != facts.lines {
            reading.differences.append("\(batch): the results of \(job) differ from their digest")
        }
        if workload.state.isOver {
            let claimed = try store.rowsWithResult(from: batch, in: workload.id)
            if claimed != reading.matched {
                reading.differences.append(
                    "\(batch): \(claimed) rows claim a result, the archive has \(reading.matched)")
            }
        }
        return (reading.lines, reading.differences)
    }

    private func outcome(of workload: WorkloadRecord, in folder: WorkloadFolder) throws -> Check {
        do {
            guard let stated = try folder.publishedOutcome() else {
                return Check(name: "outcome", holds: false, detail: "the outcome file is missing")
            }
            let holds = stated.lines == workload.rows.total
            return Check(
                name: "outcome", holds: holds,
                detail: "\(stated.lines) lines for \(workload.rows.total) rows, SHA-256 \(stated.rawSHA256)")
        } catch let damage as ArchiveDamage {
            return Check(name: "outcome", holds: false, detail: "\(damage)")
        }
    }

    private func words(_ counts: RowCounts) -> String {
        RowState.allCases.map { "\(counts[$0]) \($0.word)" }.joined(separator: ", ")
    }
}

/// What the lines of one job's results came to.
private struct Reading {
    var lines: Int64 = 0
    var matched: Int64 = 0
    var differences: [String] = []
    /// One bit for each row of the workload: the first line for a row counts, another one settled nothing.
    private var seen: [UInt64]

    init(rows: Int64) {
        seen = [UInt64](repeating: 0, count: Int(rows / 64) + 1)
    }

    mutating func weigh(_ line: ResultLine, _ found: LineEvidence?, from batch: BatchID) {
        // Rows that travelled again are weighed with the batch that carried them last.
        guard let found, found.batch == batch, found.state != .inFlight else { return }
        let (word, bit) = (Int(found.number / 64), UInt64(1) << UInt64(found.number % 64))
        guard seen[word] & bit == 0 else { return }
        seen[word] |= bit
        matched += 1
        if found.status != line.status {
            differences.append(
                "\(batch): row \(found.number) has status \(found.status.map(String.init) ?? "none"), its line \(line.status)"
            )
        } else if found.state == .succeeded, line.verdict != .done, line.verdict != .refused {
            differences.append("\(batch): row \(found.number) succeeded with HTTP \(line.status)")
        } else if found.state != .succeeded, line.verdict == .done {
            differences.append(
                "\(batch): row \(found.number) is \(found.state.word) with HTTP \(line.status)")
        }
    }
}
