/// Where a job stands.
///
/// Each state carries what is known in it.
enum JobPhase: Equatable, Sendable {
    /// Waiting for the file. Exits: upload, cancel, the deadline.
    case readyForUpload(until: SimulatedTime)
    /// Rows are being read, none executed. Exits: running, a defect, cancel.
    case validating(since: SimulatedTime, validated: Int)
    /// Rows are executed. Exits: all done, 24 hours, cancel, a fault.
    case running(Run)
    /// Rows in flight finish. Exit: ended as canceled.
    case cancelling(Run?, until: SimulatedTime)
    /// Shows a status that no client knows, before it ends after all.
    case posing(as: String, until: SimulatedTime, Ending)
    /// Nothing changes any more.
    case ended(Ending)

    /// The execution of a job's rows so far.
    struct Run: Equatable, Sendable {
        var since: SimulatedTime
        /// Rows begun, with or without a result line.
        var done = 0
        var succeeded = 0
        var failed = 0
        /// Rows that will still be executed after a cancel; nil without one.
        var limit: Int?
    }

    /// How a job ended.
    struct Ending: Equatable, Sendable {
        /// The status on the wire.
        var status: String
        var at: SimulatedTime
        var succeeded = 0
        var failed = 0
        /// A result file exists.
        ///
        /// `batch_failed` and `upload_timeout` have none.
        var hasOutput = true
        /// The plain text of a `batch_failed`, or what is wrong with the first bad row.
        var error: String?
    }

    /// The status on the wire.
    var status: String {
        switch self {
        case .readyForUpload: "ready_for_upload"
        case .validating: "validating"
        case .running: "in_progress"
        case .cancelling: "cancelling"
        case .posing(let status, _, _): status
        case .ended(let ending): ending.status
        }
    }

    var ending: Ending? { if case .ended(let ending) = self { ending } else { nil } }
}
