import FoundationEssentials

/// What we read of an event: which job something happened to. What happened is asked of Stripe.
struct WebhookEvent: Decodable {
    /// What the event is about.
    struct RelatedObject: Decodable {
        let id: String
        let type: String
    }

    let id: String
    let type: String
    let relatedObject: RelatedObject?

    enum CodingKeys: String, CodingKey {
        case id, type
        case relatedObject = "related_object"
    }

    /// Longer ids are not Stripe's.
    private static let longestID = 255

    /// Reads an event; nil when this is none.
    init?(parsing body: [UInt8]) {
        // A body that is no event is an answer of its own, whatever is wrong with it.
        guard let event = try? JSONDecoder().decode(Self.self, from: Data(body)),
            !event.id.isEmpty, event.id.utf8.count <= Self.longestID
        else { return nil }
        self = event
    }

    /// The job that should be looked at; nil when there is nothing to see: steps that every job takes anyhow cost no
    /// GET.
    var job: String? {
        guard let relatedObject, relatedObject.type == "v2.core.batch_job", type.hasPrefix(Self.family) else {
            return nil
        }
        return Self.passing.contains(String(type.dropFirst(Self.family.count))) ? nil : relatedObject.id
    }

    /// The job that it is about at all.
    var subject: String? {
        relatedObject.flatMap { $0.type == "v2.core.batch_job" ? $0.id : nil }
    }

    private static let family = "v2.core.batch_job."
    private static let passing: Set<String> = ["created", "ready_for_upload", "validating", "updated"]
}
