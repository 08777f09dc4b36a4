import FoundationEssentials

/// A small JSON document. Members that nobody asks for are carried along, so that nothing unknown is lost.
enum JSONValue: Hashable, Sendable {
    case null
    case bool(Bool)
    case integer(Int64)
    case number(Double)
    case string(String)
    case array([JSONValue])
    case object([String: JSONValue])

    /// Reads one document; nil when `bytes` are not exactly that, or nested too deep.
    init?(parsing bytes: [UInt8]) {
        guard !WireLimits.isTooDeep(bytes) else { return nil }
        do {
            self = try JSONDecoder().decode(JSONValue.self, from: Data(bytes))
        } catch {
            // What is wrong with it may quote it, and it may hold a secret: only that it is wrong is said.
            return nil
        }
    }

    /// The document as bytes, keys sorted, on one line.
    var bytes: [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        do {
            return Array(try encoder.encode(self))
        } catch {
            preconditionFailure("a value that was read can be written: \(error)")
        }
    }

    /// The member `name` of an object; nil when missing, null, or when this is no object.
    subscript(name: String) -> JSONValue? {
        guard case .object(let members) = self, let member = members[name], member != .null else {
            return nil
        }
        return member
    }

    /// The members of an object.
    var members: [String: JSONValue]? {
        guard case .object(let members) = self else { return nil }
        return members
    }

    /// The text of a string.
    var text: String? {
        guard case .string(let text) = self else { return nil }
        return text
    }

    /// A whole number, written as a number or, as Stripe's v2 does it, as a string.
    var whole: Int64? {
        switch self {
        case .integer(let value): value
        case .number(let value): Int64(exactly: value)
        case .string(let text): Int64(text)
        default: nil
        }
    }

    /// The same document with every string changed by `change`, the names of members as well.
    func mapStrings(_ change: (String) -> String) -> JSONValue {
        switch self {
        case .string(let text): .string(change(text))
        case .array(let items): .array(items.map { $0.mapStrings(change) })
        case .object(let members):
            .object(
                Dictionary(
                    members.map { (change($0), $1.mapStrings(change)) },
                    uniquingKeysWith: { first, _ in first }))
        case .null, .bool, .integer, .number: self
        }
    }
}

extension JSONValue: Codable {
    init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        // By how often each is met: every miss is an error that is thrown, which costs more than all the rest.
        if container.decodeNil() {
            self = .null
        } else if let value = attempt({ try container.decode(String.self) }) {
            self = .string(value)
        } else if let value = attempt({ try container.decode([String: JSONValue].self) }) {
            self = .object(value)
        } else if let value = attempt({ try container.decode(Int64.self) }) {
            self = .integer(value)
        } else if let value = attempt({ try container.decode(Bool.self) }) {
            self = .bool(value)
        } else if let value = attempt({ try container.decode([JSONValue].self) }) {
            self = .array(value)
        } else {
            self = .number(try container.decode(Double.self))
        }
    }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        switch self {
        case .null: try container.encodeNil()
        case .bool(let value): try container.encode(value)
        case .integer(let value): try container.encode(value)
        case .number(let value): try container.encode(value)
        case .string(let value): try container.encode(value)
        case .array(let value): try container.encode(value)
        case .object(let value): try container.encode(value)
        }
    }
}

/// A decoder answers "is it this type?" by throwing: here that is an answer, not a failure.
private func attempt<Value>(_ read: () throws -> Value) -> Value? {
    try? read()
}
