/// The answer to a submission, sent once all its rows are durable.
package struct SubmitAnswer: Codable, Hashable, Sendable {
    /// The workload that holds the rows.
    package var workload: Workload
    /// Whether it was there before: the same key came with the same content.
    package var existing: Bool
    /// Bad rows that were left out; nil without `skip_invalid`.
    @OrNull package var skipped: SkippedRows?

    /// All members.
    package init(workload: Workload, existing: Bool, skipped: SkippedRows? = nil) {
        self.workload = workload
        self.existing = existing
        self.skipped = skipped
    }

    enum CodingKeys: String, CodingKey {
        case workload, existing, skipped
    }
}
