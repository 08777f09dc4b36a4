import BatchCore
import BatchStore
import Crypto
import Foundation
import Orchestration
import Spool
import StripeSimulator
import Synchronization

/// When everything has ended: what was accepted, what Stripe did, and what the records say, compared.
extension World {
    /// True when nothing is left to do: every operator has done, and no workload can go on by itself.
    func isAtRest() -> Bool {
        do { return try open().isEmpty } catch { return false }
    }

    /// What is not at rest, for people.
    func whatIsOpen() -> String {
        do { return try open().joined(separator: ", ") } catch { return "\(error)" }
    }

    private func open() throws -> [String] {
        let (life, accepted, canceled) = state.withLock { ($0.life, $0.accepted, $0.canceled) }
        guard let life, !life.isOver else { return ["no daemon runs"] }
        var open: [String] = []
        for errand in errands {
            if accepted[errand.number] == nil { open.append("errand \(errand.number) is not submitted") }
        }
        let workloads = try life.store.workloads(openOnly: true)
        let isAnyHeld = workloads.contains { $0.state == .held }
        for workload in workloads {
            let reason = workload.reason ?? ""
            // Rows behind those of a held workload wait for the person too; when that one has decided, they must go.
            let isBehindHeldRows =
                isAnyHeld && workload.waiting > 0 && workload.waiting == workload.rows[.queued]
                && workload.rows[.inFlight] == 0
            if isBehindHeldRows { continue }
            let isStuckForAReason =
                workload.state == .held && workload.rows[.inFlight] == 0
                && (Self.goodReasons.contains { reason.hasPrefix($0) } || GuardWord(reason: reason) != nil)
            if !isStuckForAReason { open.append("\(workload.id) is \(workload.state) \(reason)") }
        }
        for errand in errands where errand.cancelAt != nil && !canceled.contains(errand.number) {
            if let id = accepted[errand.number], try life.store.workload(id)?.state.isOver != true {
                open.append("\(id) is not canceled yet")
            }
        }
        open += try life.store.liveBatches().map { "\($0.id) is \($0.phase.name)" }
        return open
    }

    /// Why a workload may wait for a person when all is well.
    private static let goodReasons = [
        "unknown_outcome", "results_expired", "validation", "not_permitted", "create_refused",
        "submissions_exhausted", "canary", "halt",
    ]

    /// Compares everything with everything.
    func inspect() async {
        guard let life = state.withLock({ $0.life }) else { return violated("no daemon runs at the end") }
        do {
            let attempts = try await stripe.attempts()
            let jobs = await stripe.jobs()
            let truth = Truth(attempts: attempts)
            let accepted = state.withLock { $0.accepted }
            for errand in errands {
                guard let id = accepted[errand.number] else { continue }
                try inspect(errand, id, life, truth)
            }
            try inspect(jobs, truth, life.store)
            inspectOrder(attempts)
            try inspectArchive(jobs, life)
            try inspectFolders(life)
            state.withLock { state in
                state.report.executions = attempts.count(where: \.tookEffect)
                state.report.stripeJobs = jobs.count
                state.report.endings = Dictionary(jobs.map { ($0.status, 1) }, uniquingKeysWith: +)
            }
        } catch {
            violated("the inspection failed: \(error)")
        }
    }

    /// One workload: accepted as submitted, counted rightly, each row in a state that its executions allow.
    private func inspect(_ errand: Errand, _ id: WorkloadID, _ life: Life, _ truth: Truth) throws {
        guard let workload = try life.store.workload(id) else {
            return violated("\(id) was accepted and is gone")
        }
        var rows: [BatchStore.RowRecord] = []
        var after: Int64? = -1
        while let position = after {
            let page = try life.store.rows(of: id, after: position)
            rows += page.rows
            after = page.next
        }
        if rows.map(\.id) != errand.rows { violated("\(id) has other rows than were submitted") }
        var counted = RowCounts()
        for row in rows {
            counted[row.state] += 1
            judge(row, of: errand, id, executions: truth.executions[row.id] ?? 0)
        }
        if counted != workload.rows { violated("\(id) counts its rows wrongly") }
        if workload.cancelWanted, workload.state == .finished {
            violated("\(id) was canceled, and ended as finished")
        }
        let checks = try Auditor(store: life.store, archive: life.archive).audit(workload)
        for check in checks where !check.holds { violated("audit of \(id): \(check.name): \(check.detail)") }
        let word = workload.reason.map { reason in ": \(reason.prefix { $0 != ":" })" } ?? ""
        state.withLock { state in
            state.report.states = state.report.states + counted
            state.report.workloads["\(workload.state.rawValue)\(word)", default: 0] += 1
        }
    }

    /// One row: what the records say of it, against how often it took effect.
    private func judge(_ row: BatchStore.RowRecord, of errand: Errand, _ id: WorkloadID, executions: Int) {
        let kind = errand.queue.endpoint.repetition
        let story =
            "\(id) row \(row.id) (\(errand.queue.endpoint)): \(row.state.word)"
            + ", took effect \(executions) times, \(row.attempts) attempts, \(row.doubts) in doubt"
            + ", status \(row.status.map(String.init) ?? "none"), \(row.reason ?? "")"
        switch row.state {
        // An object that was never there looks like one that the attempt in doubt has ended.
        case .succeeded where executions == 0 && kind == .detectable && row.doubts > 0 && row.status == 404:
            break
        case .succeeded where executions == 0: violated("a success that never was: \(story)")
        // The last word on an absolute update stands, whatever an attempt in doubt did.
        case .failed
        where executions > 0 && row.reason != "operator" && (kind != .harmless || row.doubts == 0):
            violated("a failure that took effect: \(story)")
        case .canceled where executions > 0: violated("canceled, and took effect: \(story)")
        case .queued where executions > 0 && row.doubts == 0: violated("queued, and took effect: \(story)")
        case .inFlight: violated("in flight at the end: \(story)")
        default: break
        }
        if executions > 1 + row.doubts { violated("done again without a doubt: \(story)") }
        let isAllowed = errand.queue.repeatsUnknown() || state.withLock { $0.sentAgain.contains(id) }
        if executions > 1, !isAllowed { violated("done twice without leave: \(story)") }
    }

    /// Jobs at Stripe: each that got a file is ours, and its rows are of the workload that we think.
    private func inspect(_ jobs: [InProcessStripe.JobFacts], _ truth: Truth, _ store: Store) throws {
        let errandOf = Dictionary(uniqueKeysWithValues: state.withLock { $0.accepted }.map { ($1, $0) })
        for job in jobs where job.wasUploaded {
            guard let batch = try store.batch(of: JobID(job.id)) else {
                violated("\(job.id) ran, and nobody knows it")
                continue
            }
            let prefix = errandOf[batch.batch.workload].map { "e\($0)-" } ?? "?"
            let rows = truth.rows[job.id] ?? []
            if !rows.allSatisfy({ $0.hasPrefix(prefix) }) {
                violated("\(job.id) ran rows of another workload")
            }
            if Int64(rows.count) > batch.batch.rows { violated("\(job.id) ran more rows than its batch has") }
            if Set(rows).count != rows.count { violated("\(job.id) ran a row twice") }
            if case .released = batch.batch.phase, !rows.isEmpty {
                violated("\(job.id) ran, and was given up")
            }
        }
    }

    /// Rows for one object: never two in one job, and done in the order of submission, workload by workload.
    private func inspectOrder(_ attempts: [InProcessStripe.Attempt]) {
        var inJob: Set<[String]> = []
        var last: [String: [Int]] = [:]
        var left: [String: Set<Int>] = [:]
        for attempt in attempts where attempt.object.hasPrefix("POST /v1/customers/") {
            if !inJob.insert([attempt.job, attempt.object]).inserted {
                violated("\(attempt.job) carried two rows for \(attempt.object)")
            }
            guard attempt.tookEffect else { continue }
            let place = attempt.row.dropFirst().split(separator: "-").compactMap {
                Int($0.drop { !$0.isNumber })
            }
            guard place.count == 2 else { continue }
            if let before = last[attempt.object] {
                if before[0] == place[0], before[1] > place[1] {
                    violated("\(attempt.row) was done after a later row for \(attempt.object)")
                }
                if before[0] != place[0] { left[attempt.object, default: []].insert(before[0]) }
            }
            if left[attempt.object]?.contains(place[0]) == true {
                violated("\(attempt.row) was done between rows of another workload for \(attempt.object)")
            }
            last[attempt.object] = place
        }
    }

    /// The archive: what is recorded as whole is what Stripe had, to the byte.
    private func inspectArchive(_ jobs: [InProcessStripe.JobFacts], _ life: Life) throws {
        let mayBeTorn = swarm.scenarioText.contains("truncate")
        for job in jobs {
            guard let batch = try life.store.batch(of: JobID(job.id)), let results = batch.results else {
                continue
            }
            // Seven days after the job had ended Stripe removed them.
            guard FileManager.default.fileExists(atPath: job.resultsPath) else { continue }
            let bytes = Array(try Data(contentsOf: URL(filePath: job.resultsPath)))
            let isWhole = Digest(Array(SHA256.hash(data: bytes))) == results.rawSHA256
            // Fewer bytes than Stripe states are taken when it keeps to them, and not before.
            let hasInsisted = mayBeTorn && witness.vainTries(batch.batch.id) >= 3
            if batch.ending == .resultsExpired || hasInsisted {
                if results.rawBytes > bytes.count {
                    violated("\(job.id): the archive has more than Stripe had")
                }
            } else if !isWhole {
                violated(
                    "\(job.id): \(results.rawBytes) bytes archived as \(batch.ending?.rawValue ?? "?"), Stripe had \(bytes.count)"
                )
            }
        }
    }

    /// Nothing is left lying about.
    private func inspectFolders(_ life: Life) throws {
        let files = try FileManager.default.subpathsOfDirectory(atPath: life.folder)
        for path in files where path.contains(".partial") || path.contains("/spool/") {
            violated("left behind: \(path)")
        }
    }
}

/// What Stripe did, row by row and job by job.
private struct Truth {
    var executions: [String: Int] = [:]
    var rows: [String: [String]] = [:]

    init(attempts: [InProcessStripe.Attempt]) {
        for attempt in attempts {
            if attempt.tookEffect { executions[attempt.row, default: 0] += 1 }
            rows[attempt.job, default: []].append(attempt.row)
        }
    }
}
