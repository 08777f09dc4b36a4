package import Foundation

/// What goes wrong in a simulation, from a file or posted to `/_sim/faults`.
package struct Scenario: Sendable, Equatable {
    var rows: [RowRule] = []
    var wire: [WireFault] = []
    var jobs: [JobFault] = []
    var events: [EventFault] = []
    /// Beyond what calls are refused.
    var limits = Limits()
    /// Members of `Quirks` that are not as they are by default.
    var quirks: [String: JSONValue] = [:]

    /// A simulation in which nothing goes wrong.
    package init() {}

    /// Reads a scenario from JSON: an object with the lists `rows`, `wire`, `jobs` and `events`,
    /// and the objects `limits` and `quirks`.
    ///
    /// - Throws: `ScenarioFault`, naming the member that is not understood.
    package init(json: Data) throws {
        guard let document = JSONValue(parsing: json), let members = document.object else {
            throw ScenarioFault(reason: "a scenario is a JSON object")
        }
        for (name, value) in members.sorted(by: { $0.key < $1.key }) {
            switch name {
            case "rows": rows = try Self.list(value, name, RowRule.CodingKeys.self)
            case "wire": wire = try Self.list(value, name, WireFault.CodingKeys.self)
            case "jobs": jobs = try Self.list(value, name, JobFault.CodingKeys.self)
            case "events": events = try Self.list(value, name, EventFault.CodingKeys.self)
            case "limits": limits = try Self.element(value, name, Limits.CodingKeys.self)
            case "quirks":
                guard let members = value.object else { throw ScenarioFault(reason: "'quirks' is an object") }
                _ = try Quirks().overlaid(with: members)
                quirks = members
            default:
                throw Names.refusal(
                    name, in: "", known: ["rows", "wire", "jobs", "events", "limits", "quirks"])
            }
        }
        for (index, rule) in rows.enumerated()
        where rule.ids == nil && rule.prefix == nil && rule.share == nil {
            throw ScenarioFault(reason: "rows[\(index)]: a rule needs ids, prefix or share")
        }
        let types = BatchJobEvent.allCases.map(\.type) + ["v2.core.event_destination.ping"]
        for type in events.flatMap({ $0.types ?? [] }) where !types.contains(type) {
            throw ScenarioFault(
                reason: "unknown event type '\(type)'; known are \(types.joined(separator: ", "))")
        }
    }

    /// Members that are a part of a whole, or a chance.
    private static let shares: Set<String> = [
        "share", "after_share", "probability", "drop", "duplicate", "twin", "bad_signature",
        "stale_signature",
    ]

    private static func list<Element: Decodable, Key>(
        _ value: JSONValue, _ name: String, _ keys: Key.Type
    ) throws -> [Element] where Key: CodingKey & CaseIterable {
        guard case .array(let elements) = value else { throw ScenarioFault(reason: "'\(name)' is a list") }
        return try elements.enumerated().map { try element($1, "\(name)[\($0)]", keys) }
    }

    private static func element<Element: Decodable, Key>(
        _ value: JSONValue, _ place: String, _ keys: Key.Type
    ) throws -> Element where Key: CodingKey & CaseIterable {
        guard let members = value.object else { throw ScenarioFault(reason: "\(place) is an object") }
        let known = Key.allCases.map(\.stringValue)
        for key in members.keys.sorted() where !known.contains(key) {
            throw Names.refusal(key, in: " in \(place)", known: known)
        }
        for (name, value) in members.sorted(by: { $0.key < $1.key }) {
            guard let number = value.double else { continue }
            guard number >= 0 else { throw ScenarioFault(reason: "\(place): \(name) is 0 or more") }
            guard !shares.contains(name) || number <= 1 else {
                throw ScenarioFault(reason: "\(place): \(name) is between 0 and 1")
            }
        }
        do {
            return try JSONDecoder().decode(Element.self, from: Data(value.bytes))
        } catch let error as DecodingError {
            throw ScenarioFault(reason: "\(place): \(explain(error))")
        }
    }

    static func explain(_ error: DecodingError) -> String {
        switch error {
        case .keyNotFound(let key, _):
            "'\(key.stringValue)' is missing"
        case .dataCorrupted(let context), .typeMismatch(_, let context), .valueNotFound(_, let context):
            context.codingPath.map(\.stringValue).joined(separator: ".") + ": " + context.debugDescription
        @unknown default:
            "\(error)"
        }
    }
}

/// A scenario that can't be read, and why.
package struct ScenarioFault: Error, CustomStringConvertible {
    let reason: String

    /// The reason, for people.
    package var description: String { "scenario: \(reason)" }
}
