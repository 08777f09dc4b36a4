package import BatchCore
import BatchStore
import Env
import Logging

// What effects report, beyond the plain events of a batch.
extension Orchestrator {
    /// Records the intent to upload to a job that has just been created, if enough of its window is left.
    ///
    /// - Returns: nil when the batch was given up instead, or waits for its cancellation.
    func intendToUpload(_ id: BatchID) throws -> Batch? {
        guard let batch = live[id] else { return nil }
        guard case .upload = batch.step(in: try circumstances(of: batch, at: clock.now())) else { return nil }
        return try record(.willUpload, for: id)
    }

    /// True when a file that has not arrived can be sent again in what is left of its window.
    func mayUploadAgain(_ id: BatchID) throws -> Bool {
        guard let batch = live[id], case .uploading(let file, _, let deadline) = batch.phase else {
            return false
        }
        return try circumstances(of: batch, at: clock.now()).fits(file, before: deadline)
    }

    /// Stripe will not make this job, whenever we ask: the rows go back, and a person must look.
    func createRefused(_ id: BatchID, _ failure: CallFailure) throws {
        guard let batch = live[id] else { return }
        try giveUp(id, .createRefused, failure: failure)
        try hold(batch.workload, "create_refused: \(failure.summary)")
    }

    /// Records that the results are in the archive, or that the job left none; or, when they are archived as
    /// `resultsExpired`, that the rest of them is lost.
    func archived(
        _ id: BatchID, _ results: ArchivedFacts?, manifest: Digest, as ending: JobEnding
    ) throws {
        guard var batch = live[id] else { throw StoreError.staleTransition(id, expected: "live") }
        let before = batch
        let now = clock.now()
        try batch.handle(
            ending == .resultsExpired ? .resultsLost : .archived, at: now, poll: PollPolicy(),
            limits: settings.limits, using: &entropy)
        try store.archived(batch, was: before.phase, results: results, manifest: manifest, at: now)
        arrive(batch, from: before)
    }

    /// Settles a run of result lines.
    func settle(
        _ results: RowResults, odd: Int64, _ settling: Settling, from mark: SettledMark,
        to newMark: SettledMark
    ) throws {
        guard let batch = live[settling.batch], let policy = policy(of: batch) else { return }
        let tally = try store.settle(
            results, odd: odd, of: batch, from: mark, to: newMark, dueBase: settling.dueBase, at: clock.now()
        ) { line, history in
            // Nothing of a file that failed validation was run: a line names a row at fault.
            settling.ending == .validationFailed ? .held(.validation) : policy.decide(line, history: history)
        }
        faults.hit(.settleChunkCommitted)
        meters.settled(tally.rows, in: batch.queue)
        if tally.isHeld {
            log.error("held: rows are not permitted", metadata: ["workload": "\(batch.workload)"])
        }
        if tally.odd > 0 {
            log.warning(
                "result lines that settle no row",
                metadata: ["batch": "\(batch.id)", "lines": "\(tally.odd)"])
        }
    }

    /// Settles some rows that have no result line.
    ///
    /// - Returns: true when none is left.
    func settleAbsent(of id: BatchID, ending: JobEnding, dueBase: Timestamp) throws -> Bool {
        guard let batch = live[id], let policy = policy(of: batch), let record = try store.batch(id) else {
            return true
        }
        var isWhole = false
        if let succeeded = batch.seen?.succeeded, let failed = batch.seen?.failed {
            isWhole = record.oddLines == 0 && record.settledRows >= succeeded + failed
        }
        // Stripe refused the file and named no row: one of its rows is at fault, and is looked for by halves.
        let isNameless = ending == .validationFailed && record.settledRows == 0
        let suspects = isNameless && batch.rows > 1 ? (batch.rows + 1) / 2 : nil
        let tally = try store.settleAbsent(of: batch, dueBase: dueBase, suspects: suspects) { history in
            if isNameless, batch.rows == 1 { return .held(.validation) }
            return policy.decideAbsent(ending, resultsAreWhole: isWhole, history: history)
        }
        faults.hit(.settleChunkCommitted)
        meters.settled(tally.rows, in: batch.queue)
        return tally.isComplete
    }

    /// Records that every row of the batch has its fate.
    func settled(_ id: BatchID, ending: JobEnding) throws {
        guard var batch = live[id] else { return }
        let before = batch
        let now = clock.now()
        try batch.handle(.settled, at: now, poll: PollPolicy(), limits: settings.limits, using: &entropy)
        try store.settled(batch, was: before.phase, at: now)
        arrive(batch, from: before)
        guard ending == .validationFailed else { return }
        log.warning(
            "Stripe refused the file", metadata: ["batch": "\(batch.id)", "workload": "\(batch.workload)"])
    }

    /// Records that nothing is left to do for a batch.
    func swept(_ id: BatchID) throws {
        try store.swept(id)
        live[id] = nil
    }

    /// Puts a batch off after something on this machine went wrong, and holds its workload.
    func stall(_ id: BatchID, _ reason: String) throws {
        guard let batch = live[id] else { return }
        try record(.failed(.notSent(reason: reason)), for: id)
        try hold(batch.workload, reason)
    }

    /// Ends a workload whose outcome is written.
    func finish(_ workload: WorkloadRecord, as state: WorkloadState, summary: Digest) throws {
        try store.finish(workload.id, as: state, summary: summary, at: clock.now())
        log.notice("\(state.rawValue)", metadata: ["workload": "\(workload.id)"])
    }

    /// Cancels a workload for a person.
    package func cancel(_ workload: WorkloadID, now immediately: Bool) throws {
        for id in try store.cancel(workload, now: immediately, at: clock.now()) {
            live[id]?.cancelWanted = true
            live[id]?.notBefore = clock.now()
        }
        clearing[workload] = 0
        faults.hit(.cancelCommitted)
        log.notice("cancel", metadata: ["workload": "\(workload)", "now": "\(immediately)"])
    }

    /// Cancels some of what is left of a canceled workload, between other work; true when nothing is.
    package func cancelSome(of workload: WorkloadID) throws -> Bool {
        guard let cursor = clearing[workload] else { return true }
        clearing[workload] = try store.cancelSome(of: workload, from: cursor, at: clock.now())
        faults.hit(.cancelChunkCommitted)
        return clearing[workload] == nil
    }

    /// Opens a workload for loading.
    func begin(
        queue: String, name: String, family: String?, when: Precedence, isTrial: Bool
    ) throws -> WorkloadID {
        try store.beginWorkload(
            queue: queue, name: name, family: family, priority: when.priority, startAfter: when.startAfter,
            isTrial: isTrial, at: clock.now())
    }

    /// Appends rows to a loading workload.
    func append(_ chunk: IntakeChunk, to workload: WorkloadID, first: Int64) throws {
        try store.appendRows(chunk, to: workload, first: first)
    }

    /// Stores a sorted run of a loading workload's objects.
    func append(_ run: ObjectRun, _ number: Int64, to workload: WorkloadID) throws {
        try store.appendRun(run, number, to: workload)
    }

    /// Gives a workload whose rows are stored its place among the submissions.
    func seal(_ workload: WorkloadID, sha256: Digest, key: String?, allowDuplicate: Bool) throws {
        try store.seal(workload, sha256: sha256, key: key, allowDuplicate: allowDuplicate)
    }

    /// Puts rows that share an object in line.
    func lineUp(_ rows: [SharingRow], of workload: WorkloadID) throws {
        try store.lineUp(rows, of: workload)
    }

    /// Gives some rows their states around those that wait; returns the first that is left.
    func layOut(_ workload: WorkloadID, from first: Int64, rows: Int64) throws -> Int64 {
        try store.layOut(workload, from: first, rows: rows, at: clock.now())
    }

    /// Accepts a loaded workload: its rows are promised from here on.
    func accept(
        _ workload: WorkloadID, rows: Int64, bytes: Int64, sha256: Digest,
        stored: (bytes: Int64, sha256: Digest)?, key: String?, allowDuplicate: Bool, laidOut: Int64
    ) throws {
        try store.accept(
            workload, rows: rows, bytes: bytes, sha256: sha256, stored: stored, key: key,
            allowDuplicate: allowDuplicate, laidOut: laidOut, at: clock.now())
        log.notice("accepted", metadata: ["workload": "\(workload)", "rows": "\(rows)"])
        if let queue = try store.workload(workload)?.queue { meters.accepted(rows, in: queue) }
    }

    /// Removes a part of what a workload is compared by, at its end; true when all of it is gone.
    func forgetObjects(of workload: WorkloadID) throws -> Bool {
        try store.forgetObjects(of: workload)
    }

    /// Has a workload removed that is not to be accepted: some of it at a time, between other work.
    func abandon(_ workload: WorkloadID) { unfinishedLoads.append(workload) }

    /// Removes a part of a workload that was not accepted; true when all of it is gone.
    func discardSome(of workload: WorkloadID) throws -> Bool {
        guard try store.discardSome(of: workload, at: clock.now()) else { return false }
        unfinishedLoads.removeAll { $0 == workload }
        return true
    }
}
