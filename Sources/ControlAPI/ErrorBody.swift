/// The body of every answer that is not a success: `{"error":{…}}`.
///
/// Sent with 400 (malformed request), 404 (no such thing), 409 (refused: duplicate, policy, wrong
/// state), 422 (bad rows), 503 (temporary: try again) or 500 (our fault).
package struct ErrorBody: Codable, Hashable, Sendable {
    /// What went wrong.
    package var error: ErrorDetail

    /// A body for `error`.
    package init(error: ErrorDetail) {
        self.error = error
    }

    enum CodingKeys: String, CodingKey {
        case error
    }
}

/// What went wrong, for programs (`code`) and for people.
package struct ErrorDetail: Codable, Hashable, Sendable {
    /// Stable, for programs: `not_found`, `duplicate_content`, `bad_rows`, ….
    package var code: String
    /// A sentence for people.
    package var message: String
    /// What to do about it; nil when there is nothing to add.
    @OrNull package var hint: String?
    /// The first bad lines of a refused submission, `maxDetails` at most; absent otherwise.
    package var details: [BadLine]?
    /// How many bad lines a refused submission has in all; absent otherwise.
    package var badLines: Int?

    /// The code of a refusal that a workload's name as `confirm` would overcome.
    package static let confirmationNeeded = "confirmation_needed"
    /// The code of a refusal of a `confirm` that is another workload's name.
    package static let confirmationWrong = "confirmation_wrong"
    /// A refused submission names no more bad lines than this.
    package static let maxDetails = 20

    /// All members, in the order of the document.
    package init(
        code: String, message: String, hint: String? = nil, details: [BadLine]? = nil, badLines: Int? = nil
    ) {
        self.code = code
        self.message = message
        self.hint = hint
        self.details = details
        self.badLines = badLines
    }

    enum CodingKeys: String, CodingKey {
        case code, message, hint, details
        case badLines = "bad_lines"
    }
}

/// A line of a submission that is not a valid row.
package struct BadLine: Codable, Hashable, Sendable {
    /// Counted from 1.
    package var line: Int
    /// Counted from 1, in bytes.
    package var column: Int
    /// What is wrong, without the row's content.
    package var reason: String

    /// All members.
    package init(line: Int, column: Int, reason: String) {
        self.line = line
        self.column = column
        self.reason = reason
    }

    enum CodingKeys: String, CodingKey {
        case line, column, reason
    }
}
