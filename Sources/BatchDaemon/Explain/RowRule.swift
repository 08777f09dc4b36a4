import BatchCore
import BatchStore

/// The rule that put a row into its state.
enum RowRule: String, CaseIterable {
    case succeeded, refused, exhausted, givenUp
    case unknownOutcome, validation, resultsExpired, byRule, heldByPerson
    case canceled, inFlight, behindAnother, later, ready, stopped

    /// Every row has exactly one.
    init(_ row: RowRecord, under workload: WorkloadRule, at now: Timestamp) {
        let reason = row.reason.flatMap(RowReason.init)
        switch row.state {
        case .succeeded: self = .succeeded
        case .canceled: self = .canceled
        case .inFlight: self = .inFlight
        case .failed: self = Self.failed(reason)
        case .held: self = Self.held(reason)
        case .queued:
            if row.ahead != nil {
                self = .behindAnother
            } else if workload.stopsEveryRow {
                self = .stopped
            } else {
                self = row.dueAt.map { $0 > now } ?? false ? .later : .ready
            }
        }
    }

    private static func failed(_ reason: RowReason?) -> RowRule {
        switch reason {
        case .attemptsExhausted: .exhausted
        case .operator: .givenUp
        case .refused, .unknownOutcome, .validation, .resultsExpired, .rule, nil: .refused
        }
    }

    private static func held(_ reason: RowReason?) -> RowRule {
        switch reason {
        case .validation: .validation
        case .resultsExpired: .resultsExpired
        case .rule: .byRule
        case .operator: .heldByPerson
        case .unknownOutcome, .refused, .attemptsExhausted, nil: .unknownOutcome
        }
    }

    /// The rule, as a sentence.
    var sentence: String {
        switch self {
        case .succeeded: "Stripe did it, by its own answer or by that of an attempt after it."
        case .refused: "Stripe refused it in a way that sending it again cannot change."
        case .exhausted: "It failed for passing reasons as often as the queue's max_attempts allows."
        case .givenUp: "A person gave it up."
        case .unknownOutcome: "It may have run, and running it again may do harm: a person decides."
        case .validation: "Stripe's validation refused it: nothing of its file ran."
        case .resultsExpired:
            "Its results could not be fetched within 7 days, so nobody knows whether it ran."
        case .byRule: "A rule of the queue holds what is answered like this."
        case .heldByPerson: "A person held it."
        case .canceled: "Its workload was canceled before it ran."
        case .inFlight: "It travels in a batch: see there."
        case .behindAnother: "A row with the same object was submitted before, and goes first."
        case .later: "It failed for a passing reason, and goes again after a pause."
        case .ready: "It goes into the next job for which there is a place."
        case .stopped: "No job is begun for its workload now."
        }
    }

    /// What happens next by itself; nil when nothing does.
    var next: String? {
        switch self {
        case .inFlight: "It is settled when the job has ended and its results are archived."
        case .behindAnother: "It goes when that row has its outcome."
        case .later: "It is put into a new job when it is due."
        case .ready: "It is put into a job."
        case .succeeded, .refused, .exhausted, .givenUp, .unknownOutcome, .validation, .resultsExpired,
            .byRule,
            .heldByPerson, .canceled, .stopped:
            nil
        }
    }

    /// The commands that would change it.
    func commands(_ row: RowRecord, of workload: WorkloadRecord) -> [String] {
        let id = workload.id
        switch self {
        case .succeeded, .canceled: return []
        case .refused, .exhausted, .givenUp:
            guard workload.state != .canceled, !workload.cancelWanted else { return [] }
            return ["batchctl retry \(id)" + (row.error?.code.map { " --code \($0)" } ?? "")]
        case .unknownOutcome, .validation, .resultsExpired, .byRule, .heldByPerson:
            guard workload.state != .canceled, !workload.cancelWanted else { return [] }
            return ["release", "fail"].map { "batchctl \($0) \(id) \(row.id) --reason '…'" }
        case .inFlight: return row.batch.map { ["batchctl explain \($0)"] } ?? []
        case .behindAnother: return row.ahead.map { ["batchctl explain \($0.workload) \($0.id)"] } ?? []
        // What holds it back is its workload's, and so is what would change that.
        case .stopped: return ["batchctl explain \(id)"]
        case .later, .ready: return ["batchctl pause \(id)", "batchctl cancel \(id)"]
        }
    }
}
