/// Why a call to Stripe brought no result. Three answers, not two: yes, no, and nobody knows.
package enum CallFailure: Error, Hashable, Sendable {
    /// Never left this machine, or never reached Stripe: no connection. Stripe did not act.
    case notSent(reason: String)
    /// Sent, then a timeout, a cut, a 5xx or an answer that made no sense. Stripe may have acted.
    case unanswered(reason: String)
    /// A 4xx: Stripe did not act. `code` and `message` are Stripe's, when it sent any.
    case refused(status: Int, code: String?, message: String?)
}

extension CallFailure {
    /// True when asking again later, unchanged, can help.
    ///
    /// A 409 is a key in use; 401 and 403 need a person, everything else in the 4xx needs another request.
    /// Source: `stripe-batch-api.md` sections 6.1 and 6.5.
    package var isPassing: Bool {
        switch self {
        case .notSent, .unanswered: true
        case .refused(429, _, _), .refused(408, _, _), .refused(425, _, _): true
        case .refused(409, let code, _): code != "idempotency_error"
        case .refused: false
        }
    }

    /// One line for logs and people: no URL, no key, no row.
    package var summary: String {
        switch self {
        case .notSent(let reason): "not sent: \(reason)"
        case .unanswered(let reason): "no usable answer: \(reason)"
        case .refused(let status, let code, let message):
            ["HTTP \(status)", code, message].compactMap { $0 }.joined(separator: " ")
        }
    }
}
