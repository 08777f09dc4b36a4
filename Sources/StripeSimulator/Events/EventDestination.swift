import Foundation

/// Where events are pushed to.
struct EventDestination: Sendable {
    let id: String
    /// Its place in the order of destinations.
    let number: Int
    /// Nil: all accounts, for the target that was given on the command line.
    let account: Event.Account?
    let livemode: Bool
    let created: SimulatedTime
    let secret: String
    var updated: SimulatedTime
    var settings: DestinationSettings
    var isEnabled = true

    var related: Event.RelatedObject {
        .init(id: id, type: "v2.core.event_destination", url: "/v2/core/event_destinations/\(id)")
    }

    func wants(_ event: Event) -> Bool {
        guard isEnabled else { return false }
        guard let account else { return true }
        guard settings.enabledEvents.contains(event.type) else { return false }
        if account == event.account { return settings.eventsFrom.contains("@self") }
        // Events of a related account, asked for with the same key.
        return account.apiKey == event.account.apiKey && account.context == nil
            && settings.eventsFrom.contains("@accounts")
    }

    /// - Parameters:
    ///   - include: What the caller asked to see of what is usually left out.
    ///   - isNew: The answer to a create, the only one that can show the secret.
    func json(include: Set<String>, isNew: Bool = false) -> JSONValue {
        let showsSecret = isNew && include.contains("webhook_endpoint.signing_secret")
        let showsURL = include.contains("webhook_endpoint.url")
        return [
            "id": .string(id),
            "object": "v2.core.event_destination",
            "created": .string(created.rfc3339),
            "updated": .string(updated.rfc3339),
            "description": .string(settings.description),
            "enabled_events": .array(settings.enabledEvents.map { .string($0) }),
            "event_payload": "thin",
            "events_from": .array(settings.eventsFrom.map { .string($0) }),
            "livemode": .bool(livemode),
            "metadata": .object(settings.metadata.mapValues { .string($0) }),
            "name": .string(settings.name),
            "snapshot_api_version": .null,
            "status": isEnabled ? "enabled" : "disabled",
            "status_details": isEnabled ? .null : ["disabled": ["reason": "user"]],
            "type": "webhook_endpoint",
            "webhook_endpoint": [
                "signing_secret": showsSecret ? .string(secret) : .null,
                "url": showsURL ? .string(settings.url) : .null,
            ],
        ]
    }
}

/// What a caller can set of a destination.
struct DestinationSettings: Equatable, Sendable {
    var name = ""
    var description = ""
    var url = ""
    var enabledEvents: [String] = []
    var eventsFrom = ["@self"]
    var metadata: [String: String] = [:]

    /// Settings from the body of a create.
    static func created(by body: JSONValue, livemode: Bool) throws(APIError) -> DestinationSettings {
        for name in ["name", "type", "event_payload", "enabled_events", "webhook_endpoint"]
        where body[name] ?? .null == .null {
            throw .malformed("parameter_missing", "Missing required parameter: \(name).")
        }
        guard body["type"] == "webhook_endpoint" else {
            throw invalid("type", "the simulator delivers to a webhook_endpoint only")
        }
        guard body["event_payload"] == "thin" else {
            throw invalid("event_payload", "the simulator has thin events only")
        }
        var settings = DestinationSettings()
        try settings.update(
            from: body, livemode: livemode,
            known: updatable + ["type", "event_payload", "events_from"])
        return settings
    }

    static let updatable = [
        "name", "description", "webhook_endpoint", "enabled_events", "metadata", "include",
    ]

    /// Lays the members of a body over the settings.
    mutating func update(
        from body: JSONValue, livemode: Bool, known: [String] = updatable
    ) throws(APIError) {
        guard let members = body.object else {
            throw .malformed("invalid_request_body", "The request body must be a JSON object.")
        }
        for name in members.keys.sorted() where !known.contains(name) {
            throw .malformed("parameter_unknown", "Received unknown parameter: \(name).")
        }
        if let value = members["name"] { name = try Self.string(value, "name") }
        if let value = members["description"] { description = try Self.string(value, "description") }
        if let value = members["webhook_endpoint"] {
            url = try Self.string(value["url"] ?? .null, "webhook_endpoint.url")
            guard Webhook.isLoopback(url) else {
                throw Self.invalid(
                    "webhook_endpoint.url",
                    "the simulator delivers to this machine only (127.0.0.1, localhost)")
            }
        }
        guard !livemode || url.lowercased().hasPrefix("https:") else {
            throw Self.invalid("webhook_endpoint.url", "a live destination must use https")
        }
        if let value = members["enabled_events"] {
            enabledEvents = try Self.strings(value, "enabled_events")
            guard !enabledEvents.isEmpty, !enabledEvents.contains(where: { $0.contains("*") }) else {
                throw Self.invalid("enabled_events", "name each type; thin events know no wildcard")
            }
        }
        if let value = members["events_from"] { eventsFrom = try Self.strings(value, "events_from") }
        if let value = members["metadata"] {
            for (key, text) in value.object ?? [:] {
                metadata[key] = text == .null ? nil : try Self.string(text, "metadata.\(key)")
            }
        }
    }

    private static func string(_ value: JSONValue, _ name: String) throws(APIError) -> String {
        guard let text = value.string else { throw invalid(name, "must be a string") }
        return text
    }

    private static func strings(_ value: JSONValue, _ name: String) throws(APIError) -> [String] {
        guard case .array(let elements) = value else { throw invalid(name, "must be an array of strings") }
        var texts: [String] = []
        for element in elements { texts.append(try string(element, name)) }
        return texts
    }

    private static func invalid(_ name: String, _ expectation: String) -> APIError {
        .malformed("parameter_invalid", "Invalid \(name): \(expectation).")
    }
}

/// A target for all events, given when the simulator is started.
package struct Webhook: Sendable, Equatable {
    let url: String
    let secret: String

    /// Nil when the URL does not lead to this machine: events go nowhere else.
    ///
    /// - Parameter secret: Signs each delivery; the whole text counts, `whsec_` included.
    package init?(url: String, secret: String) {
        guard Self.isLoopback(url) else { return nil }
        self.url = url
        self.secret = secret
    }

    /// The URL's host is `localhost`, `::1` or 127.0.0.0/8.
    static func isLoopback(_ url: String) -> Bool {
        guard let parts = URLComponents(string: url), let host = parts.host?.lowercased(),
            parts.scheme == "http" || parts.scheme == "https"
        else { return false }
        if ["localhost", "::1", "[::1]"].contains(host) { return true }
        let octets = host.split(separator: ".", omittingEmptySubsequences: false).map { UInt8($0) }
        return octets.count == 4 && octets[0] == 127 && !octets.contains(nil)
    }
}
