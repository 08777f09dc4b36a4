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
                throw try facts.noRow(row, in: workload)
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
        let verdict = try verdict(on: record)
        let rows = BatchCore.RowState.allCases.filter { record.rows[$0] > 0 }
            .map { "\(record.rows[$0].grouped) \($0.word)" }
        var evidence = ["Rows: \(rows.joined(separator: ", "))."]
        if let reason = record.reason, verdict.rule != .paused { evidence.append("Reason: \(reason)") }
        evidence += verdict.evidence
        if let waiting = try waiting(in: record) {
            let ahead = waiting.waitsFor
            evidence.append(
                "\(waiting.rows.grouped) rows wait; \(waiting.first) for \(ahead.row) of \(ahead.workload).")
        }
        for batch in try store.batches(of: record.id, liveOnly: true, limit: 5).reversed() {
            evidence.append(
                "\(batch.batch.id), \(batch.batch.rows.grouped) rows: \(batch.batch.phase.rule)")
        }
        let event = try store.lastEvent(of: record.id)
        if let decision = try store.lastDecision(on: record.id), decision.seq != event?.seq {
            evidence.append("Last decision: \(words(decision))")
        }
        if let event { evidence.append("Last event: \(words(event))") }
        return Explanation(
            id: "\(record.id)", state: record.state.rawValue, rule: verdict.rule.sentence,
            evidence: evidence, since: (record.finishedAt ?? event?.at)?.rfc3339, next: verdict.next,
            nextAt: verdict.nextAt?.rfc3339, commands: verdict.commands)
    }

    fileprivate func explanation(
        of row: RowRecord, in workload: WorkloadRecord, _ archive: Archive
    ) throws -> Explanation {
        let verdict = try verdict(on: workload)
        let rule = RowRule(row, under: verdict.rule, at: clock.now())
        let batch = try row.batch.flatMap { try store.batch($0) }
        let attempts = "Attempts: \(row.attempts), \(row.doubts) of them with an unknown outcome."
        var evidence = [row.attempts == 0 ? "No attempt of it has ended yet." : attempts]
        if let status = row.status {
            let error = [row.error?.type, row.error?.code, row.error?.message].compactMap(\.self)
            evidence.append(
                "Last answer: HTTP \(status)" + (error.isEmpty ? "." : ", \(error.joined(separator: ", "))"))
        }
        if let ahead = row.ahead { evidence.append("It waits for \(ahead.id) of \(ahead.workload).") }
        if rule == .stopped {
            evidence.append("\(workload.id): \(verdict.rule.sentence)")
            evidence += verdict.evidence
        }
        let decision = rule == .givenUp ? try store.lastDecision(on: workload.id, kind: "failed") : nil
        if let decision { evidence.append("Last decision of this kind: \(words(decision))") }
        if let batch {
            let job = batch.job.map { " in \($0)" } ?? ""
            evidence.append("Last sent with \(batch.batch.id)\(job): \(batch.batch.phase.rule)")
            evidence += try resultEvidence(of: row, in: batch, archive)
            if let event = try store.lastEvent(of: batch.batch.id) {
                evidence.append("Last event of it: \(words(event))")
            }
        }
        return Explanation(
            id: "\(workload.id)/\(row.id)", state: row.state.word, rule: rule.sentence, evidence: evidence,
            since: since(row, batch, decision, of: workload)?.rfc3339,
            next: rule == .stopped ? verdict.next : rule.next,
            nextAt: (rule == .later ? row.dueAt : rule == .stopped ? verdict.nextAt : nil)?.rfc3339,
            commands: rule.commands(row, of: workload)
                + (rule == .stopped ? verdict.commands : []))
    }

    /// Since when a row is in its state, as far as that is known: many decisions may have been made.
    private func since(
        _ row: RowRecord, _ batch: BatchRecord?, _ decision: EventRecord?, of workload: WorkloadRecord
    ) -> Timestamp? {
        switch row.state {
        case .canceled: workload.finishedAt
        case .failed where row.reason == RowReason.operator.rawValue: decision?.at
        default: batch?.changedAt ?? workload.createdAt
        }
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
                "Its result is line \(line.number.grouped) of \(results.lines.grouped), with SHA-256 \(line.sha256).",
                whole,
            ]
        } catch let damage as ArchiveDamage {
            return [whole, "They are damaged: \(damage)."]
        }
    }

    fileprivate func explanation(of record: BatchRecord) throws -> Explanation {
        let batch = record.batch
        var evidence = ["\(batch.rows.grouped) rows of \(batch.workload), bound by \(record.rowLimit)."]
        if let input = record.input {
            evidence.append("Input: \(input.bytes.grouped) bytes, SHA-256 \(input.sha256).")
        }
        if let job = record.job { evidence.append("Job: \(job).") }
        if let seen = batch.seen {
            let done = seen.succeeded.map { ", \(($0 + (seen.failed ?? 0)).grouped) rows done" } ?? ""
            evidence.append("Last look at \(batch.aliveAt.rfc3339): \(seen.status.word)\(done).")
        }
        if batch.failures > 0, let failure = record.lastFailure {
            evidence.append("\(batch.failures) calls in a row failed, the last one so: \(failure)")
        }
        if let results = record.results {
            evidence.append("Results: \(results.lines.grouped) lines, SHA-256 \(results.rawSHA256).")
        }
        if let event = try store.lastEvent(of: batch.id) {
            evidence.append("Last event: \(words(event))")
        }
        if let deadline = batch.deadline(limits) {
            evidence.append("Deadline: \(deadline.kind.story) at \(deadline.at.rfc3339).")
        }
        return Explanation(
            id: "\(batch.id)", state: batch.phase.name, rule: batch.phase.rule, evidence: evidence,
            since: record.changedAt.rfc3339, next: batch.phase.next, nextAt: batch.nextMoment?.rfc3339,
            commands: batch.phase.kind.isOver ? [] : ["batchctl explain \(batch.workload)"])
    }
}
