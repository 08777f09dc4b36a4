/// The status of Stripe's batch job.
///
/// Ten are known. What is not known is kept as it came, shown, and waited out:
/// it never settles a row. Source: `stripe-batch-api.md` section 2.
package enum JobStatus: Hashable, Sendable {
    case readyForUpload, validating, inProgress, cancelling
    case complete, canceled, validationFailed, batchFailed, uploadTimeout, timeout
    /// A status that the documents did not name when this was written.
    case unknown(String)

    /// Reads Stripe's word; both spellings of *canceled* mean the same.
    package init(_ word: String) {
        self =
            switch word {
            case "ready_for_upload": .readyForUpload
            case "validating": .validating
            case "in_progress": .inProgress
            case "cancelling", "canceling": .cancelling
            case "complete", "completed": .complete
            case "canceled", "cancelled": .canceled
            case "validation_failed": .validationFailed
            case "batch_failed": .batchFailed
            case "upload_timeout": .uploadTimeout
            case "timeout": .timeout
            default: .unknown(word)
            }
    }

    /// Stripe's word on the wire.
    package var word: String {
        switch self {
        case .readyForUpload: "ready_for_upload"
        case .validating: "validating"
        case .inProgress: "in_progress"
        case .cancelling: "cancelling"
        case .complete: "complete"
        case .canceled: "canceled"
        case .validationFailed: "validation_failed"
        case .batchFailed: "batch_failed"
        case .uploadTimeout: "upload_timeout"
        case .timeout: "timeout"
        case .unknown(let word): word
        }
    }

    /// How the job ended, or nil while it can still change.
    package var ending: JobEnding? {
        switch self {
        case .complete: .complete
        case .canceled: .canceled
        case .validationFailed: .validationFailed
        case .batchFailed: .batchFailed
        case .timeout: .timeout
        case .uploadTimeout: .uploadTimeout
        case .readyForUpload, .validating, .inProgress, .cancelling, .unknown: nil
        }
    }
}

/// The six ways in which a job ends, and the one in which we lose it.
package enum JobEnding: String, Hashable, Sendable, CaseIterable {
    case complete, canceled, timeout
    case validationFailed = "validation_failed"
    case batchFailed = "batch_failed"
    case uploadTimeout = "upload_timeout"
    /// Stripe no longer has its results, and we never got them.
    case resultsExpired = "results_expired"
}

/// What one look at a job showed. Its URLs are secrets and travel apart from it.
package struct JobSnapshot: Hashable, Sendable {
    /// Stripe's id.
    package var id: JobID
    /// Its status.
    package var status: JobStatus
    /// When Stripe made it, if it said so.
    package var created: Timestamp?
    /// Until when it takes its file: `expires_at`, else `created` + 300 s. Only while ready for upload.
    package var uploadDeadline: Timestamp?
    /// Rows validated so far, while validating.
    package var validated: Int64?
    /// Rows that succeeded so far or in the end.
    package var succeeded: Int64?
    /// Rows that failed so far or in the end.
    package var failed: Int64?
    /// The size in bytes that Stripe states for the results; nil when it offers no file.
    package var outputBytes: Int64?
    /// True when it offers an output file to download.
    package var hasOutput: Bool
    /// What Stripe said of a job that failed as a whole.
    package var failure: String?

    /// A snapshot; everything but id and status may be unknown.
    package init(
        id: JobID, status: JobStatus, created: Timestamp? = nil, uploadDeadline: Timestamp? = nil,
        validated: Int64? = nil, succeeded: Int64? = nil, failed: Int64? = nil,
        outputBytes: Int64? = nil, hasOutput: Bool = false, failure: String? = nil
    ) {
        self.id = id
        self.status = status
        self.created = created
        self.uploadDeadline = uploadDeadline
        self.validated = validated
        self.succeeded = succeeded
        self.failed = failed
        self.outputBytes = outputBytes
        self.hasOutput = hasOutput
        self.failure = failure
    }
}
