import Foundation

/// A JSON document as a value, for request bodies, scenarios and comparisons.
///
/// Rows of a batch never pass through it: `JSONScanner` reads those from their bytes.
enum JSONValue: Hashable, Sendable {
    case null
    case bool(Bool)
    case integer(Int64)
    case number(Double)
    case string(String)
    case array([JSONValue])
    case object([String: JSONValue])

    subscript(key: String) -> JSONValue? {
        if case .object(let members) = self { members[key] } else { nil }
    }

    var string: String? { if case .string(let text) = self { text } else { nil } }
    var bool: Bool? { if case .bool(let flag) = self { flag } else { nil } }
    var object: [String: JSONValue]? { if case .object(let members) = self { members } else { nil } }
    var double: Double? {
        switch self {
        case .integer(let value): Double(value)
        case .number(let value): value
        default: nil
        }
    }

    /// Parses one document.
    ///
    /// Nil when the bytes are not JSON.
    init?(parsing bytes: some Sequence<UInt8>) {
        do {
            self = try JSONDecoder().decode(JSONValue.self, from: Data(bytes))
        } catch {
            return nil
        }
    }

    /// Compact text with sorted keys, so that equal values have equal bytes.
    var bytes: [UInt8] { Self.encode(self) }

    /// Encodes any value in the simulator's one JSON form: sorted keys, no escaped slashes.
    static func encode(_ value: some Encodable) -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        do {
            return [UInt8](try encoder.encode(value))
        } catch {
            // Only a non-finite number can fail here, and no parsed document holds one.
            preconditionFailure("JSON encoding failed: \(error)")
        }
    }
}

extension JSONValue: Codable {
    init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        // `try?`: each failure means "another kind".
        if container.decodeNil() {
            self = .null
        } else if let text = try? container.decode(String.self) {
            self = .string(text)
        } else if let members = try? container.decode([String: JSONValue].self) {  // as above
            self = .object(members)
        } else if let whole = try? container.decode(Int64.self) {  // as above
            self = .integer(whole)
        } else if let number = try? container.decode(Double.self) {  // as above
            self = .number(number)
        } else if let flag = try? container.decode(Bool.self) {  // as above
            self = .bool(flag)
        } else {
            self = .array(try container.decode([JSONValue].self))
        }
    }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        switch self {
        case .null: try container.encodeNil()
        case .bool(let flag): try container.encode(flag)
        case .integer(let whole): try container.encode(whole)
        case .number(let number): try container.encode(number)
        case .string(let text): try container.encode(text)
        case .array(let elements): try container.encode(elements)
        case .object(let members): try container.encode(members)
        }
    }
}

extension JSONValue: ExpressibleByStringLiteral, ExpressibleByDictionaryLiteral, ExpressibleByIntegerLiteral,
    ExpressibleByBooleanLiteral
{
    init(stringLiteral text: String) { self = .string(text) }
    init(integerLiteral whole: Int64) { self = .integer(whole) }
    init(booleanLiteral flag: Bool) { self = .bool(flag) }
    init(dictionaryLiteral members: (String, JSONValue)...) {
        self = .object(Dictionary(members, uniquingKeysWith: { $1 }))
    }
}
