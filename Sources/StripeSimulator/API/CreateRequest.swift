/// A create that passed the rules of its version.
struct CreateRequest: Equatable, Sendable {
    var endpoint: EndpointTemplate
    var skipValidation: Bool
    var metadata: [String: String]
    var maximumRPS: Int?
    var suppressesNotifications: Bool

    /// Reads a request body by the rules of a version.
    ///
    /// - Parameter quirks: Whether `skip_validation` and `metadata` may be left out: the published
    ///   spec and the prose of the guide disagree.
    init(body: JSONValue, rules: VersionRules, quirks: Quirks = Quirks()) throws(APIError) {
        guard let members = body.object else {
            throw .malformed("invalid_request_body", "The request body must be a JSON object.")
        }
        let known = ["endpoint", "skip_validation", "metadata", "notification_suppression"]
        for name in members.keys.sorted() where !known.contains(name) {
            if name == "maximum_rps", rules.hasMaximumRPS { continue }
            throw .malformed("parameter_unknown", "Received unknown parameter: \(name).")
        }
        endpoint = try Self.endpoint(members["endpoint"], rules: rules)
        skipValidation = try Self.skipValidation(
            members["skip_validation"], isOptional: quirks.skipValidation == .optional)
        metadata = try Self.metadata(
            members["metadata"],
            isOptional: quirks.metadata == .byVersion
                ? rules.metadataIsOptional : quirks.metadata == .optional)
        suppressesNotifications = try Self.suppression(members["notification_suppression"])
        maximumRPS = try Self.maximumRPS(members["maximum_rps"])
    }

    private static func missing(_ name: String) -> APIError {
        .malformed("parameter_missing", "Missing required parameter: \(name).")
    }

    private static func invalid(_ name: String, _ expectation: String) -> APIError {
        .malformed("parameter_invalid", "Invalid \(name): \(expectation).")
    }

    private static func endpoint(_ value: JSONValue?, rules: VersionRules) throws(APIError)
        -> EndpointTemplate
    {
        guard let value, value != .null else { throw missing("endpoint") }
        guard let members = value.object else { throw invalid("endpoint", "must be an object") }
        for name in members.keys.sorted() where name != "path" && name != "http_method" {
            throw .malformed("parameter_unknown", "Received unknown parameter: endpoint.\(name).")
        }
        guard let rawPath = members["path"] else { throw missing("endpoint.path") }
        guard let path = rawPath.string else { throw invalid("endpoint.path", "must be a string") }
        guard let rawMethod = members["http_method"] else { throw missing("endpoint.http_method") }
        let methods = rules.hasDelete ? ["post", "delete"] : ["post"]
        guard let method = rawMethod.string, methods.contains(method) else {
            throw invalid("endpoint.http_method", "must be one of " + methods.joined(separator: ", "))
        }
        let template = EndpointTemplate(path: path, method: method.uppercased())
        let shapes = rules.operations.map { EndpointTemplate(operation: $0).shape }
        let names = template.placeholders
        guard shapes.contains(template.shape), Set(names).count == names.count, !names.contains("") else {
            throw .unsupportedEndpoint(path: path, method: method)
        }
        return template
    }

    private static func skipValidation(_ value: JSONValue?, isOptional: Bool) throws(APIError) -> Bool {
        guard let value else {
            if isOptional { return false }
            throw missing("skip_validation")
        }
        guard let flag = value.bool else { throw invalid("skip_validation", "must be a boolean") }
        return flag
    }

    private static func metadata(_ value: JSONValue?, isOptional: Bool) throws(APIError) -> [String: String] {
        guard let value else {
            if isOptional { return [:] }
            throw missing("metadata")
        }
        guard let members = value.object else { throw invalid("metadata", "must be an object") }
        guard members.count <= 50 else { throw invalid("metadata", "has more than 50 keys") }
        var metadata: [String: String] = [:]
        for (key, value) in members {
            guard key.count <= 40, !key.contains("["), !key.contains("]") else {
                throw invalid("metadata", "a key has at most 40 characters and no square brackets")
            }
            guard let text = value.string, text.count <= 500 else {
                throw invalid("metadata.\(key)", "must be a string of at most 500 characters")
            }
            metadata[key] = text
        }
        return metadata
    }

    private static func suppression(_ value: JSONValue?) throws(APIError) -> Bool {
        guard let value, value != .null else { return false }
        guard let members = value.object, members.keys.allSatisfy({ $0 == "scope" }) else {
            throw invalid("notification_suppression", "must be an object with one key, scope")
        }
        switch members["scope"]?.string {
        case "all": return true
        case "none": return false
        default: throw invalid("notification_suppression.scope", "must be one of all, none")
        }
    }

    private static func maximumRPS(_ value: JSONValue?) throws(APIError) -> Int? {
        guard let value, value != .null else { return nil }
        guard case .integer(let rate) = value, (1...100).contains(rate) else {
            throw invalid("maximum_rps", "must be an integer from 1 to 100")
        }
        return Int(rate)
    }
}
