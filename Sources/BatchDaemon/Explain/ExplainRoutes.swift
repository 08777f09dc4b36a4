import BatchCore
import BatchStore
import ControlAPI
import Env
import Hummingbird
import Orchestration
import Spool

/// `GET …/explain` of workloads, rows, batches and jobs: why something is as it is, and what would change it.
struct ExplainRoutes {
    let facts: Facts
    let archive: Archive

    func add(to router: ControlRouter) {
        router.get(Routes.explain(":id"), .row) { [facts, archive] call in
            let workload = try facts.workload(call.id)
            guard let row = call.text(.row) else { return try .json(facts.explanation(of: workload)) }
            guard let record = try facts.store.row(named: row, of: workload.id) else {
                throw Refusal.notFound("row", row, list: "batchctl rows \(workload.id)")
            }
            return try .json(facts.explanation(of: record, in: workload, archive))
        }
        router.get(Routes.explainBatch(":id")) { [facts] call in
            try .json(facts.explanation(of: try facts.batch(call.id)))
        }
        router.get(Routes.explainJob(":id")) { [facts] call in
            try .json(facts.explanation(of: try facts.batch(ofJob: call.id)))
        }
    }
}

extension Facts {
    fileprivate func explanation(of record: WorkloadRecord) throws -> Explanation {
        let now = clock.now()
        let due = try store.nextDue(in: record.id)
        let pause = try store.pauses().first { $0.scope == .queue(record.queue) || $0.scope == .all }
        let opens = opening(ofQueue: record.queue)
        let rule = WorkloadRule(
            record,
            in: .init(
                isDiskShort: try disk.free() < disk.minFree, isQueuePaused: pause != nil,
                isQueueConfigured: queueNames.contains(record.queue),
                isCanaryUnderWay: try isCanaryUnderWay(of: record), opensAt: opens, nextDue: due, now: now))
        let rows = BatchCore.RowState.allCases.filter { record.rows[$0] > 0 }
            .map { "\(record.rows[$0]) \($0.word)" }
        var evidence = ["Rows: \(rows.joined(separator: ", "))."]
        if let reason = record.reason { evidence.append("Reason: \(reason)") }
        if rule == .windowClosed, let window = policy(ofQueue: record.queue)?.window {
            evidence.append("Window: \(window).")
        }
        if rule == .queuePaused, let pause { evidence.append("\(pause.scope): \(reason(of: pause))") }
        if let waiting = try waiting(in: record) {
            let ahead = waiting.waitsFor
            evidence.append(
                "\(waiting.rows) rows wait; \(waiting.first) for \(ahead.row) of \(ahead.workload).")
        }
        for batch in try store.batches(of: record.id, liveOnly: true, limit: 5).reversed() {
            evidence.append("\(batch.batch.id), \(batch.batch.rows) rows: \(batch.batch.phase.rule)")
        }
        let event = try store.lastEvent(of: record.id)
        if let event { evidence.append("Last event: \(event.seq), \(event.kind) \(event.message)") }
        return Explanation(
            id: "\(record.id)", state: record.state.rawValue, rule: rule.sentence, evidence: evidence,
            since: (record.finishedAt ?? event?.at)?.rfc3339, next: rule.next,
            nextAt: when(rule, of: record, due: due, pause: pause, opens: opens)?.rfc3339,
            commands: rule.commands(record))
    }

    /// When what comes next comes, if that is a moment that is known.
    private func when(
        _ rule: WorkloadRule, of record: WorkloadRecord, due: Timestamp?, pause: Pause?, opens: Timestamp?
    ) -> Timestamp? {
        switch rule {
        case .later: due
        case .queuePaused: pause?.until
        case .windowClosed: opens
        case .notYet: record.startAfter
        default: nil
        }
    }

    fileprivate func explanation(
        of row: RowRecord, in workload: WorkloadRecord, _ archive: Archive
    ) throws -> Explanation {
        let rule = RowRule(row, of: workload, at: clock.now())
        let batch = try row.batch.flatMap { try store.batch($0) }
        var evidence = [
            "Attempts: \(row.attempts), \(row.doubts) of them with an unknown outcome."
        ]
        if let status = row.status {
            let error = [row.error?.type, row.error?.code, row.error?.message].compactMap(\.self)
            evidence.append(
                "Last answer: HTTP \(status)" + (error.isEmpty ? "." : ", \(error.joined(separator: ", "))"))
        }
        if let ahead = row.ahead { evidence.append("It waits for \(ahead.id) of \(ahead.workload).") }
        if let batch {
            let job = batch.job.map { " in \($0)" } ?? ""
            evidence.append("Last sent with \(batch.batch.id)\(job): \(batch.batch.phase.rule)")
            evidence += try resultEvidence(of: row, in: batch, archive)
            if let event = try store.lastEvent(of: batch.batch.id) {
                evidence.append("Last event of it: \(event.seq), \(event.kind) \(event.message)")
            }
        }
        return Explanation(
            id: "\(workload.id)/\(row.id)", state: row.state.word, rule: rule.sentence, evidence: evidence,
            since: (batch?.changedAt ?? workload.createdAt).rfc3339, next: rule.next,
            nextAt: rule == .later ? row.dueAt?.rfc3339 : nil, commands: rule.commands(row, of: workload))
    }

    /// Where the row's result stands in the archive: read there, and not taken from the records.
    private func resultEvidence(
        of row: RowRecord, in batch: BatchRecord, _ archive: Archive
    ) throws -> [String] {
        guard let results = batch.results, let job = batch.job else { return [] }
        let whole = "Its results have SHA-256 \(results.rawSHA256)."
        guard row.status != nil else { return [whole] }
        let folders = try archive.existingFolders(queue: batch.batch.queue, workload: batch.batch.workload)
        guard let folder = folders.first(where: { FileSystem.exists($0.resultsPath(of: job)) }) else {
            return [whole, "They are missing in the archive: see batchctl archive verify."]
        }
        do {
            guard let line = try ResultFinder.find(row.id, in: folder.resultsPath(of: job)) else {
                return [whole, "No line of them names it: see batchctl audit \(batch.batch.workload)."]
            }
            return [
                "Its result is line \(line.number) of \(results.lines), with SHA-256 \(line.sha256).", whole,
            ]
        } catch let damage as ArchiveDamage {
            return [whole, "They are damaged: \(damage)."]
        }
    }

    fileprivate func explanation(of record: BatchRecord) throws -> Explanation {
        let batch = record.batch
        var evidence = ["\(batch.rows) rows of \(batch.workload), bound by \(record.rowLimit)."]
        if let input = record.input {
            evidence.append("Input: \(input.bytes) bytes, SHA-256 \(input.sha256).")
        }
        if let job = record.job { evidence.append("Job: \(job).") }
        if let seen = batch.seen {
            let done = seen.succeeded.map { ", \($0 + (seen.failed ?? 0)) rows done" } ?? ""
            evidence.append("Last look at \(batch.aliveAt.rfc3339): \(seen.status.word)\(done).")
        }
        if batch.failures > 0, let failure = record.lastFailure {
            evidence.append("\(batch.failures) calls in a row failed, the last one so: \(failure)")
        }
        if let results = record.results {
            evidence.append("Results: \(results.lines) lines, SHA-256 \(results.rawSHA256).")
        }
        if let event = try store.lastEvent(of: batch.id) {
            evidence.append("Last event: \(event.seq), \(event.kind) \(event.message)")
        }
        if let deadline = batch.deadline(limits) {
            evidence.append("Deadline: \(deadline.kind.story) at \(deadline.at.rfc3339).")
        }
        return Explanation(
            id: "\(batch.id)", state: batch.phase.name, rule: batch.phase.rule, evidence: evidence,
            since: record.changedAt.rfc3339, next: batch.phase.next, nextAt: batch.nextMoment?.rfc3339,
            commands: batch.phase.isOver ? [] : ["batchctl explain \(batch.workload)"])
    }
}
