import ControlAPI

/// The daemon answered, and the answer is no.
struct DaemonRefusal: Error, Hashable {
    var status: Int
    /// `GET /v1/status`.
    var call: String
    /// What the daemon said; nil when it was not in the agreed form.
    var detail: ErrorDetail?

    /// What a script gets for it.
    var exit: CommandExit {
        if detail?.code == "archive_damaged" { return .integrity }
        return switch status {
        case 400: .usage
        case 403, 409, 413, 422: .refused
        case 429, 503, 507: .temporary
        default: .error
        }
    }

    var failure: Failure {
        Failure(exit, detail?.message ?? "The daemon answered \(status) to \(call).", hint: detail?.hint)
    }
}
