import Foundation

/// Where Stripe's documents contradict each other or are silent: how this Stripe has it.
///
/// Each is a switch of the scenario's `quirks`. What stands here is the safest reading.
struct Quirks: Codable, Equatable, Sendable {
    /// How the status of a canceled job, and its key in `status_details`, is spelled.
    var canceledSpelling = Spelling.canceled
    /// Which content types a presigned URL takes.
    var uploadContentType = UploadType.octetStream
    /// Whether a create without `metadata` is refused.
    var metadata = Presence.byVersion
    /// Whether a create without `skip_validation` is refused; `by_version` is `required`.
    var skipValidation = Presence.byVersion
    /// Whether a canceled job has a result file.
    var canceledOutput = CanceledOutput.ifAny
    /// Leaves `livemode` out of jobs, as every published example does.
    var omitLivemode = false
    /// Leaves `metadata` out of jobs, as the guide's examples do.
    var omitMetadata = false
    /// Leaves `expires_at` out of URLs.
    var omitExpiresAt = false
    /// Sends counts and sizes as numbers instead of strings.
    var countsAsNumbers = false
    /// Adds members that no document knows.
    var extraFields = false
    /// How the ids of new jobs begin: `batchv2_` in most places, `bj_` in the events' examples.
    var jobIDPrefix = "batchv2_"
    /// Whether a replayed create shows the URL it showed before.
    var replayedURL = ReplayedURL.same
    /// What becomes of a second file for a job.
    var secondPut = SecondPut.refused
    /// Which end of the transfer must come before the deadline.
    var putDeadline = PutDeadline.end
    /// What a retrieve shows of results that are gone, seven days after the end.
    var expiredResults = ExpiredResults.deadURL
    /// Whether a job that failed validation shows its first error, as the prose has it, or only the file does.
    var validationError = ValidationError.inFile
    /// Cancels a job that waits for its file at once, instead of through `cancelling`.
    var immediateCancelBeforeUpload = false
    /// The form of a refusal by the rate limits.
    var rateLimitBody = RateLimitBody.v2

    enum Spelling: String, Choice, Sendable { case canceled, cancelled }
    enum UploadType: String, Choice, Sendable {
        case octetStream = "octet_stream"
        case jsonlines, any
    }
    enum Presence: String, Choice, Sendable {
        case byVersion = "by_version"
        case required, optional
    }
    enum CanceledOutput: String, Choice, Sendable {
        case ifAny = "if_any"
        case always, never
    }
    enum ReplayedURL: String, Choice, Sendable { case same, fresh }
    enum SecondPut: String, Choice, Sendable { case refused, replaces }
    enum PutDeadline: String, Choice, Sendable { case start, end }
    enum ExpiredResults: String, Choice, Sendable {
        case deadURL = "dead_url"
        case noURL = "no_url"
        case notFound = "not_found"
    }
    enum ValidationError: String, Choice, Sendable {
        case inFile = "in_file"
        case inJob = "in_job"
    }
    enum RateLimitBody: String, Choice, Sendable { case v2, v1, empty }

    enum CodingKeys: String, CodingKey, CaseIterable {
        case canceledSpelling = "canceled_spelling"
        case uploadContentType = "upload_content_type"
        case metadata
        case skipValidation = "skip_validation"
        case canceledOutput = "canceled_output"
        case omitLivemode = "omit_livemode"
        case omitMetadata = "omit_metadata"
        case omitExpiresAt = "omit_expires_at"
        case countsAsNumbers = "counts_as_numbers"
        case extraFields = "extra_fields"
        case jobIDPrefix = "job_id_prefix"
        case replayedURL = "replayed_url"
        case secondPut = "second_put"
        case putDeadline = "put_deadline"
        case expiredResults = "expired_results"
        case validationError = "validation_error"
        case immediateCancelBeforeUpload = "immediate_cancel_before_upload"
        case rateLimitBody = "rate_limit_body"
    }

    /// What the guide's prose allows, and the published spec does not.
    static let lenient: Quirks = {
        var quirks = Quirks()
        quirks.metadata = .optional
        quirks.skipValidation = .optional
        quirks.uploadContentType = .any
        return quirks
    }()
}

extension Quirks {
    /// These quirks, with the `members` of a scenario in the places of the same names.
    ///
    /// - Throws: `ScenarioFault`, naming the member that is not understood.
    func overlaid(with members: [String: JSONValue]) throws -> Quirks {
        let known = CodingKeys.allCases.map(\.stringValue)
        for name in members.keys.sorted() where !known.contains(name) {
            throw Names.refusal(name, in: " in quirks", known: known)
        }
        let own = JSONValue(parsing: JSONValue.encode(self))?.object ?? [:]
        let all = JSONValue.object(own.merging(members) { $1 })
        do {
            return try JSONDecoder().decode(Quirks.self, from: Data(all.bytes))
        } catch let error as DecodingError {
            throw ScenarioFault(reason: "quirks: \(Scenario.explain(error))")
        }
    }
}
