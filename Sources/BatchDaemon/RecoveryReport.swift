import BatchCore
import BatchStore
import ControlAPI
import Orchestration

extension RecoveryDecision {
    /// What was found of one batch, in words.
    init(_ placement: Reconciler.Placement, limits: Limits) {
        let record = placement.after
        self.init(
            batch: "\(record.batch.id)", job: record.job?.rawValue, workload: "\(record.batch.workload)",
            found: placement.before.phase.name, phase: record.batch.phase.name,
            stripe: placement.wasAsked ? Self.said(record, placement.wasSeen) : nil,
            reached: placement.wasSeen || !placement.wasAsked,
            next: placement.next.map { Self.words($0, record.batch, limits) }
                ?? "nothing: queue \(record.batch.queue) is not in the configuration; put it back",
            by: record.batch.deadline(limits)?.at.rfc3339)
    }

    private static func said(_ record: BatchRecord, _ wasSeen: Bool) -> String {
        guard wasSeen, let seen = record.batch.seen else { return record.lastFailure ?? "no answer" }
        var words = seen.status.word
        if let succeeded = seen.succeeded, let failed = seen.failed {
            words += ", \(succeeded) succeeded, \(failed) failed"
        }
        return words
    }

    private static func words(_ step: Step, _ batch: BatchCore.Batch, _ limits: Limits) -> String {
        switch step {
        case .stage: "write the input file"
        case .create: "ask for a job, when a place is free"
        case .createAgain: "ask for the job again, with the same key"
        case .upload, .resumeUpload: "send the file"
        case .poll: "look at the job again"
        case .cancel: "cancel the job"
        case .collect: "bring the results into the archive"
        case .settle: "give the rows their outcomes, from the archive"
        case .release(let reason): "give it up, for nothing of it ran (\(reason.rawValue)); its rows go again"
        case .sweep: "remove the input file"
        case .rest: "wait for the other jobs to be looked at"
        case .wait(let until):
            batch.phase.isWatched ? "look at the job again, at \(until.rfc3339)" : "go on at \(until.rfc3339)"
        }
    }
}
