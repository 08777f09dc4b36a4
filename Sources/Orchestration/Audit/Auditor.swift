import BatchCore
package import BatchStore
import Crypto
import Env
package import Spool

/// Checks a workload's records against the archive, the history and themselves.
///
/// Every check derives anew what the records claim; no counter is trusted. It reads only, at constant
/// memory but for a few bits a row, and may run beside the work: what still moves is left out.
package struct Auditor: Sendable {
    /// One thing that was checked.
    package struct Check: Hashable, Sendable {
        /// What was compared, in a word or two.
        package var name: String
        /// The figures, or how many differences there are.
        package var detail: String
        /// What is not as it should be: the first of them.
        package var differences: [Difference]
        /// Whether it held.
        package var holds: Bool { differences.isEmpty }
    }

    let store: Store
    let archive: Archive

    /// An auditor of these records and this archive.
    package init(store: Store, archive: Archive) {
        self.store = store
        self.archive = archive
    }

    /// Runs every check on one workload. A database that is too damaged for that is a finding as well.
    package func audit(_ workload: WorkloadRecord) throws -> [Check] {
        do {
            return try checks(of: workload)
        } catch let fault as StoreFault where fault.kind == .damaged {
            return [unreadable(fault, "records")]
        }
    }

    private func unreadable(_ fault: StoreFault, _ name: String) -> Check {
        var findings = Findings()
        findings.add(fault.path, expected: "a sound database", found: fault.reason, .records)
        return findings.check(name, "")
    }

    private func checks(of workload: WorkloadRecord) throws -> [Check] {
        // The records first: what comes to be later is not looked for.
        let batches = try store.batches(of: workload.id, limit: .max).reversed()
        var checks = [
            try counts(of: workload), try turns(of: workload), try source(of: workload),
            try HistoryAudit(workload, Array(batches)).check(store),
        ]
        var jobs = JobAudit(
            workload, try archive.existingFolders(queue: workload.queue, workload: workload.id), store)
        for record in batches where record.batch.phase.isInArchive { try jobs.audit(record) }
        try jobs.auditClaims()
        try jobs.auditNames(batches)
        checks += jobs.checks
        if workload.state.isOver { checks.append(try OutcomeAudit(workload, jobs.folders, store).check()) }
        return checks
    }

    /// Whether the archive holds workloads that the records do not know.
    package func auditArchive() throws -> Check {
        var findings = Findings()
        let places = try archive.workloads()
        for (path, id) in places {
            guard let id else {
                findings.add(
                    path, expected: "folders of queues and workloads", found: "something else", .foreign)
                continue
            }
            if try store.workload(id) == nil {
                findings.add(
                    path, expected: "a workload of these records", found: "\(id), which they do not know",
                    .foreign)
            }
        }
        return findings.check("archive", "\(places.count.grouped) workload folders, all of them known")
    }

    /// Whether SQLite finds its file sound. Reads all of it, at one moment.
    package func auditDatabase() throws -> Check {
        var findings = Findings()
        do {
            for line in try store.fileDamage() {
                findings.add("\(store.folder)/batchd.db", expected: "a sound database", found: line, .records)
            }
        } catch let fault as StoreFault where fault.kind == .damaged {
            return unreadable(fault, "database")
        }
        return findings.check("database", "SQLite finds it sound")
    }

    /// The six counts, from the states of the rows; and that each row is there once, under its name.
    private func counts(of workload: WorkloadRecord) throws -> Check {
        var findings = Findings()
        let evidence = try store.countsEvidence(of: workload.id)
        for state in RowState.allCases {
            findings.compare(
                "\(workload.id), rows \(state.word)", expected: evidence.derived[state],
                found: evidence.kept[state],
                .records)
        }
        findings.compare(
            "\(workload.id), all rows", expected: evidence.stored, found: evidence.derived.total, .records)
        var names: Int64 = 0
        var run: Int64? = -1
        while let place = run {
            let page = try store.names(of: workload.id, after: place)
            names += Int64(page.count)
            for stray in page.strays {
                findings.add(
                    "the name that leads to line \(stray + 1) of \(workload.id)", expected: "its id",
                    found: "another id, or no line, or a second name", .records)
            }
            run = page.next
        }
        findings.compare("\(workload.id), names of rows", expected: evidence.stored, found: names, .records)
        for odd in try store.oddOutcomes(of: workload.id) {
            findings.add(
                "\(odd.batch), rows with an outcome and those that failed", expected: odd.counted,
                found: odd.kept, .records)
        }
        return findings.check("counts", "\(evidence.stored.grouped) rows, each in exactly one state")
    }

    /// That the first row in line for an object may go, and all others wait: so no two of them are in flight.
    private func turns(of workload: WorkloadRecord) throws -> Check {
        var findings = Findings()
        let evidence = try store.turnsEvidence(of: workload.id)
        findings.compare(
            "\(workload.id), rows in line for their object", expected: evidence.turns, found: evidence.kept,
            .records)
        findings.compare(
            "\(workload.id), rows that wait for their turn", expected: evidence.waiting,
            found: evidence.keptWaiting, .records)
        findings.compare(
            "\(workload.id), waiting rows with another one ahead", expected: evidence.waiting,
            found: evidence.behind, .records)
        // What is being canceled leaves its lines piece by piece.
        if !workload.cancelWanted || workload.state.isOver {
            findings.compare("\(workload.id), rows out of turn", expected: 0, found: evidence.odd, .records)
        }
        return findings.check(
            "turns", "\(evidence.waiting.grouped) rows wait for others with the same object")
    }

    /// The digest of what was submitted, from the lines that are stored, and as it was accepted.
    private func source(of workload: WorkloadRecord) throws -> Check {
        var findings = Findings()
        var hash = SHA256()
        var bytes: Int64 = 0
        var next: Int64 = 0
        var after: Int64? = -1
        while let place = after {
            after = try store.storedLines(of: workload.id, after: place) { number, line in
                if number != next {
                    findings.add(
                        "line \(next + 1) of \(workload.id)", expected: "a row", found: "none", .records)
                }
                next = number + 1
                // A last line may come without its newline.
                if bytes > 0 { hash.update(data: [UInt8(ascii: "\n")]) }
                bytes += Int64(line.count) + 1
                hash.update(bufferPointer: line)
            }
        }
        let accepted = workload.storedBytes ?? workload.sourceBytes
        if bytes != accepted + 1 { hash.update(data: [UInt8(ascii: "\n")]) } else { bytes -= 1 }
        let place = "the submitted lines of \(workload.id)"
        findings.compare("\(place), in bytes", expected: accepted, found: bytes, .records)
        let digest = Digest(Array(hash.finalize()))
        if let stated = workload.storedSHA256 ?? workload.sourceSHA256 {
            findings.compare("\(place), SHA-256", expected: stated, found: digest, .records)
        }
        return findings.check("source", "\(next.grouped) lines, \(bytes.grouped) bytes, SHA-256 \(digest)")
    }
}

extension BatchPhase {
    /// True once its results are published.
    var isInArchive: Bool {
        switch self {
        case .archived: true
        case .settled: true
        default: false
        }
    }
}
