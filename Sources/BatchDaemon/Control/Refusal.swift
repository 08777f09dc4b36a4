import ControlAPI
import HTTPTypes
import Hummingbird

/// An answer that is not a success, as the contract of the control socket wants it.
struct Refusal: Error, HTTPResponseError {
    let status: HTTPResponse.Status
    let detail: ErrorDetail
    /// The rest of the request is not waited for.
    let endsConnection: Bool

    init(
        _ status: HTTPResponse.Status, _ code: String, _ message: String, hint: String? = nil,
        details: [BadLine]? = nil, badLines: Int? = nil, endsConnection: Bool = false
    ) {
        self.status = status
        self.endsConnection = endsConnection
        detail = ErrorDetail(
            code: code, message: message, hint: hint, details: details, badLines: badLines
        )
    }

    func response(from request: Request, context: some RequestContext) throws -> Response {
        try .json(ErrorBody(error: detail), status: status, endingConnection: endsConnection)
    }
}

extension Refusal {
    /// There is no workload, batch, job or row of this id.
    ///
    /// - Parameter meant: a sentence that leads to the one that was meant.
    static func notFound(
        _ kind: String, _ id: String, of owner: String = "", list: String, meant: String?
    ) -> Refusal {
        let hint = [meant, "See: \(list)"].compactMap(\.self).joined(separator: " ")
        return Refusal(.notFound, "not_found", "There is no \(kind) \(shown(id))\(owner).", hint: hint)
    }

    /// There is no queue of this name.
    static func unknownQueue(_ name: String, known: [String]) -> Refusal {
        let near = nearest(to: name, among: known).map { "Did you mean \($0)? " } ?? ""
        return Refusal(
            .notFound, "unknown_queue", "There is no queue \(shown(name)).",
            hint: "\(near)Configured queues: \(known.joined(separator: ", "))."
        )
    }

    /// A query parameter has a value that it cannot have.
    static func badParameter(
        _ name: QueryName, _ value: String, expected: String, hint: String? = nil
    ) -> Refusal {
        Refusal(
            .badRequest, "bad_parameter", "\(name.rawValue) must be \(expected), not \(shown(value)).",
            hint: hint
        )
    }

    /// What a caller sent, quoted, on one line and not too long.
    static func shown(_ text: String) -> String {
        Word(text: String(text.map { $0.isNewline ? " " : $0 }), isPlain: false).shown
    }
}
