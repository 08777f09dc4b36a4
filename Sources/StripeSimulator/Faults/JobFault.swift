/// How a whole job goes wrong.
///
/// Drawn when its file arrives.
struct JobFault: Codable, Equatable, Sendable {
    /// Ends with this status: `batch_failed`, `timeout`, `validation_failed`, `canceled`,
    /// `cancelled`, or anything else for a status that no one knows.
    var end: String?
    /// The part of the rows that are executed before that; 0.5 by default. With 0 none is ever begun.
    var share: Double?
    /// `batch_failed`: the error text.
    ///
    /// `validation_failed`: the message about `row`.
    var message: String?
    /// `validation_failed`: the row that the result file names; without it, none is named.
    var row: String?
    /// Strikes only jobs whose file has the row of this id.
    var withRow: String?
    /// Shows this status, unknown to clients, for a while before it ends.
    var show: String?
    /// Simulated seconds that `show` lasts; 60 by default.
    var seconds: Double?
    /// How many jobs it strikes; one by default.
    var count: Int?
    /// The chance that it strikes a job; by itself it has no end.
    var probability: Double?
    /// Jobs that pass before it begins.
    var skip: Int?

    enum CodingKeys: String, CodingKey, CaseIterable {
        case end
        case share = "after_share"
        case message, row
        case withRow = "with_row"
        case show
        case seconds = "for_seconds"
        case count, probability, skip
    }

    var afterShare: Double { share ?? 0.5 }
    var forSeconds: Double { seconds ?? 60 }
}

extension JobFault: CountedFault {
    var forever: Bool? { nil }
}
