/// One thin event: what happened to which object, and nothing else.
struct Event: Equatable, Sendable {
    /// Its place in the order of all events.
    let number: Int
    let id: String
    /// Such as `v2.core.batch_job.completed`.
    let type: String
    let created: SimulatedTime
    let account: Account
    let livemode: Bool
    let related: RelatedObject
    /// The call that caused it.
    let request: Request?
    /// The same for the same event in every run with the same seed; ids and numbers are not.
    let chanceKey: String

    /// Whose events they are: a key, or a related account of it.
    struct Account: Hashable, Sendable {
        let apiKey: String
        let context: String?
    }

    /// What it happened to.
    struct RelatedObject: Equatable, Sendable {
        let id: String
        let type: String
        let url: String
    }

    /// The call that caused an event.
    struct Request: Equatable, Sendable {
        let id: String
        let idempotencyKey: String
    }

    /// The body of a delivery.
    var pushed: JSONValue {
        [
            "id": .string(id),
            "object": "v2.core.event",
            "type": .string(type),
            "created": .string(created.rfc3339),
            "livemode": .bool(livemode),
            "context": account.context.map { .string($0) } ?? .null,
            "reason": reason,
            "related_object": [
                "id": .string(related.id), "type": .string(related.type), "url": .string(related.url),
            ],
        ]
    }

    /// What a retrieve and a list show: two members more, always empty for these types.
    var fetched: JSONValue {
        var members = pushed.object ?? [:]
        members["data"] = [:]
        members["changes"] = .null
        return .object(members)
    }

    private var reason: JSONValue {
        guard let request else { return .null }
        return [
            "type": "request",
            "request": ["id": .string(request.id), "idempotency_key": .string(request.idempotencyKey)],
        ]
    }
}

/// What can happen to a batch job.
enum BatchJobEvent: String, CaseIterable, Sendable {
    case created
    case readyForUpload = "ready_for_upload"
    case validating
    case validationFailed = "validation_failed"
    case completed
    case batchFailed = "batch_failed"
    case canceled
    case timeout
    case uploadTimeout = "upload_timeout"
    /// Everything that has no event of its own: `in_progress`, `cancelling`, unknown statuses.
    case updated

    var type: String { "v2.core.batch_job." + rawValue }

    /// The event that tells of a job's entry into this status.
    init(status: String) {
        switch status {
        case "complete": self = .completed
        case "cancelled": self = .canceled
        case "created": self = .updated
        default: self = Self(rawValue: status) ?? .updated
        }
    }
}
