import BatchCore
import BatchStore

/// The rule that put a workload into its state, from the most pressing on.
enum WorkloadRule: String, CaseIterable {
    case finished, canceled, canceling, paused
    case heldRows, heldKey, heldCreate, heldInVain, heldValidation, heldCanary, heldHalt, heldOther
    case diskShort, queuePaused, queueGone, windowClosed, allUnderWay, behindOthers, notYet, canary, later,
        noRoom

    /// What stands around a workload, as far as a rule asks for it.
    struct Surroundings {
        var isDiskShort = false
        var isQueuePaused = false
        var isQueueConfigured = true
        /// Its first job decides about all others, and has not ended.
        var isCanaryUnderWay = false
        /// When the window of its queue opens; nil while it is open.
        var opensAt: Timestamp?
        /// When its next row may be sent; nil when none may by itself.
        var nextDue: Timestamp?
        var now: Timestamp
    }

    /// Every workload has exactly one.
    init(_ record: WorkloadRecord, in surroundings: Surroundings) {
        switch record.state {
        case .finished: self = .finished
        case .canceled: self = .canceled
        case .paused: self = .paused
        case .held: self = Self.held(record)
        case .loading, .queued, .running: self = Self.open(record, surroundings)
        }
    }

    private static func held(_ record: WorkloadRecord) -> WorkloadRule {
        let word = (record.reason ?? "").prefix { $0 != ":" }
        switch word {
        case "not_permitted": return .heldKey
        case "create_refused": return .heldCreate
        case "submissions_exhausted": return .heldInVain
        case "validation_failed": return .heldValidation
        case GuardWord.canary.rawValue: return .heldCanary
        case GuardWord.halt.rawValue: return .heldHalt
        default: return record.rows[.held] > 0 ? .heldRows : .heldOther
        }
    }

    private static func open(_ record: WorkloadRecord, _ surroundings: Surroundings) -> WorkloadRule {
        if record.cancelWanted { return .canceling }
        if !surroundings.isQueueConfigured { return .queueGone }
        guard record.rows[.queued] > 0 else { return .allUnderWay }
        if surroundings.isQueuePaused { return .queuePaused }
        if let start = record.startAfter, start > surroundings.now { return .notYet }
        if surroundings.opensAt != nil { return .windowClosed }
        if surroundings.isDiskShort { return .diskShort }
        if surroundings.isCanaryUnderWay { return .canary }
        guard let due = surroundings.nextDue else { return .behindOthers }
        return due > surroundings.now ? .later : .noRoom
    }

    /// True while no job is begun for it, whichever of its rows could go.
    var stopsEveryRow: Bool {
        switch self {
        case .finished, .canceled, .canceling, .paused, .heldRows, .heldKey, .heldCreate, .heldInVain,
            .heldValidation, .heldCanary, .heldHalt, .heldOther, .diskShort, .queuePaused, .queueGone,
            .windowClosed, .notYet, .canary:
            true
        case .allUnderWay, .behindOthers, .later, .noRoom: false
        }
    }

    /// The rule, as a sentence.
    var sentence: String {
        switch self {
        case .finished: "Every row has its outcome: it succeeded or failed."
        case .canceled: "A person canceled it: what had not run was canceled."
        case .canceling: "A person canceled it: no job is begun, and what runs comes to its end."
        case .paused: "A person paused it: no job is begun, and what runs comes to its end."
        case .heldRows: "Nothing else is left to do: a person must decide the held rows."
        case .heldKey: "Stripe does not permit these requests: no row is sent before a person has looked."
        case .heldCreate: "Stripe refused to make a job, and would refuse it again."
        case .heldInVain: "The last jobs all ended without the result of one row: another one would too."
        case .heldValidation: "Stripe refused so many of its files that the rows should be looked at."
        case .heldCanary: "Too many rows of its first job failed: the other rows were not sent."
        case .heldHalt: "Too many of its rows have failed: no job is begun, and what runs comes to its end."
        case .heldOther: "Something on this machine or in its data is wrong: see the reason."
        case .diskShort: "Less space than min_free is left: no new file is written."
        case .queuePaused: "Its queue, or everything, is paused: no job is begun."
        case .queueGone: "Its queue is not in the configuration any more."
        case .windowClosed: "Its queue begins jobs only in its window, which is closed."
        case .canary:
            "Its first job, the canary, is under way: nothing else is sent before its rows have their outcome."
        case .allUnderWay: "All rows that are left travel in jobs, or are being settled."
        case .behindOthers: "Its rows wait for others with the same object, which were submitted before."
        case .notYet: "It was submitted to be begun later."
        case .later: "Its rows have failed for a passing reason, and go again after a pause."
        case .noRoom: "Its rows go into jobs as places of the queue and the account come free."
        }
    }

    /// What happens next by itself; nil when nothing does.
    var next: String? {
        switch self {
        case .finished, .canceled, .paused, .heldRows, .heldKey, .heldCreate, .heldInVain, .heldValidation,
            .heldCanary, .heldHalt, .heldOther, .queueGone:
            nil
        case .windowClosed: "The next job is begun when the window opens."
        case .canary: "If few enough of those rows fail, all others follow; else it is held."
        case .queuePaused: "It goes on when the pause ends."
        case .canceling: "It is canceled when its last job has ended."
        case .diskShort: "It goes on when there is space."
        case .allUnderWay: "Its jobs are looked at until they end; then their results are settled."
        case .behindOthers: "It goes on when those have their outcome."
        case .notYet: "Its first job is begun then."
        case .later: "Rows are put into a new job when they are due."
        case .noRoom: "The next job is begun when a place is free."
        }
    }

    /// The commands that would change it.
    func commands(_ record: WorkloadRecord) -> [String] {
        let id = record.id
        let pause = "batchctl pause \(id)"
        let cancel = "batchctl cancel \(id)"
        switch self {
        case .finished: return record.rows[.failed] > 0 ? ["batchctl retry \(id)"] : []
        case .canceled: return []
        case .canceling: return ["\(cancel) --now"]
        case .heldCanary, .heldHalt:
            return ["batchctl rows \(id) --state failed", "batchctl resume \(id)", cancel]
        case .paused, .heldKey, .heldCreate, .heldInVain, .heldValidation, .heldOther:
            return ["batchctl resume \(id)", cancel]
        case .heldRows:
            return [
                "batchctl rows \(id) --state held", "batchctl release \(id) --all --reason '…'",
                "batchctl fail \(id) --all --reason '…'", cancel,
            ]
        case .queuePaused: return ["batchctl resume \(record.queue)", "batchctl resume ALL", cancel]
        case .behindOthers: return ["batchctl rows \(id) --state queued", pause, cancel]
        case .diskShort, .queueGone, .windowClosed, .allUnderWay, .notYet, .canary, .later, .noRoom:
            return [pause, cancel]
        }
    }
}
