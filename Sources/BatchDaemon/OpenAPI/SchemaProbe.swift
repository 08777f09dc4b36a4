import Foundation

/// Learns the schemas of documents from their types: a type is decoded from nothing, and what it asks for is
/// written down. So the description cannot differ from the code.
final class SchemaProbe {
    /// `components.schemas`, by name.
    private(set) var schemas: [String: [String: Any]] = [:]

    /// The schema of a type, a reference when it has members.
    func schema(of type: any Decodable.Type) -> [String: Any] {
        switch type {
        case is String.Type: ["type": "string"]
        case is Bool.Type: ["type": "boolean"]
        case is Double.Type: ["type": "number"]
        case is any FixedWidthInteger.Type: ["type": "integer"]
        default: learn(type).schema
        }
    }

    /// Decodes `type` from nothing: a value of it, and its schema.
    fileprivate func learn<Value: Decodable>(_ type: Value.Type) -> (value: Value, schema: [String: Any]) {
        let record = ProbeRecord()
        let value: Value
        do {
            value = try Value(from: ProbeDecoder(probe: self, record: record))
        } catch {
            preconditionFailure("\(type) wants more than its members: \(error)")
        }
        if let items = record.items { return (value, ["type": "array", "items": items]) }
        let name = Self.name(of: type)
        // A member of this kind is written as null; any other optional one is left out.
        let wrapped = Set(Mirror(reflecting: value).children.compactMap(\.label).filter { $0.hasPrefix("_") })
        var properties: [String: Any] = [:]
        var required: [String] = []
        for member in record.members {
            let isWrapped = wrapped.contains("_" + Self.camel(member.key))
            properties[member.key] = isWrapped ? Self.nullable(member.schema) : member.schema
            if isWrapped || !member.isOptional { required.append(member.key) }
        }
        schemas[name] = ["type": "object", "properties": properties, "required": required.sorted()]
        return (value, ["$ref": "#/components/schemas/\(name)"])
    }

    private static func nullable(_ schema: [String: Any]) -> [String: Any] {
        if let type = schema["type"] as? String, type != "array" {
            schema.merging(["type": [type, "null"]]) { $1 }
        } else {
            ["anyOf": [schema, ["type": "null"]]]
        }
    }

    /// `List<Workload>` is `WorkloadList`.
    private static func name(of type: any Any.Type) -> String {
        let parts = "\(type)".split { $0 == "<" || $0 == ">" }.reversed()
        return parts.joined()
    }

    private static func camel(_ key: String) -> String {
        let words = key.split(separator: "_")
        return words.dropFirst().reduce(String(words.first ?? "")) {
            $0 + $1.prefix(1).uppercased() + $1.dropFirst()
        }
    }
}

/// What one type asked for.
private final class ProbeRecord {
    var members: [(key: String, schema: [String: Any], isOptional: Bool)] = []
    var items: [String: Any]?
}

private struct ProbeDecoder: Decoder {
    let probe: SchemaProbe
    let record: ProbeRecord
    var codingPath: [any CodingKey] { [] }
    var userInfo: [CodingUserInfoKey: Any] { [:] }

    func container<Key: CodingKey>(keyedBy type: Key.Type) -> KeyedDecodingContainer<Key> {
        KeyedDecodingContainer(Members(probe: probe, record: record))
    }

    func unkeyedContainer() -> any UnkeyedDecodingContainer { Elements(probe: probe, record: record) }

    func singleValueContainer() throws -> any SingleValueDecodingContainer {
        throw DecodingError.dataCorrupted(
            .init(codingPath: [], debugDescription: "no document is a lone value"))
    }

    /// A value that means nothing, and its schema.
    func value<Value: Decodable>(_ type: Value.Type) -> (value: Value, schema: [String: Any]) {
        let plain: Any? =
            switch type {
            case is String.Type: ""
            case is Bool.Type: false
            case is Double.Type: 0.0
            case let number as any FixedWidthInteger.Type: number.init(0)
            default: nil
            }
        if let plain = plain as? Value { return (plain, probe.schema(of: type)) }
        return probe.learn(type)
    }
}

private struct Members<Key: CodingKey>: KeyedDecodingContainerProtocol {
    let probe: SchemaProbe
    let record: ProbeRecord
    var codingPath: [any CodingKey] { [] }
    var allKeys: [Key] { [] }

    func contains(_ key: Key) -> Bool { true }
    func decodeNil(forKey key: Key) -> Bool { false }

    func decode<Value: Decodable>(_ type: Value.Type, forKey key: Key) -> Value { note(type, key, false) }

    func decodeIfPresent<Value: Decodable>(_ type: Value.Type, forKey key: Key) -> Value? {
        note(type, key, true)
    }

    // The protocol's own versions for these ask for them as if they had to be there.
    func decodeIfPresent(_ type: String.Type, forKey key: Key) -> String? { note(type, key, true) }
    func decodeIfPresent(_ type: Int.Type, forKey key: Key) -> Int? { note(type, key, true) }
    func decodeIfPresent(_ type: Bool.Type, forKey key: Key) -> Bool? { note(type, key, true) }
    func decodeIfPresent(_ type: Double.Type, forKey key: Key) -> Double? { note(type, key, true) }

    private func note<Value: Decodable>(_ type: Value.Type, _ key: Key, _ isOptional: Bool) -> Value {
        let learned = ProbeDecoder(probe: probe, record: record).value(type)
        record.members.append((key.stringValue, learned.schema, isOptional))
        return learned.value
    }

    func nestedContainer<Nested: CodingKey>(
        keyedBy type: Nested.Type, forKey key: Key
    ) throws -> KeyedDecodingContainer<Nested> { throw unsupported }
    func nestedUnkeyedContainer(forKey key: Key) throws -> any UnkeyedDecodingContainer { throw unsupported }
    func superDecoder() throws -> any Decoder { throw unsupported }
    func superDecoder(forKey key: Key) throws -> any Decoder { throw unsupported }
}

/// A list with one element.
private struct Elements: UnkeyedDecodingContainer {
    let probe: SchemaProbe
    let record: ProbeRecord
    var codingPath: [any CodingKey] { [] }
    var count: Int? { 1 }
    var currentIndex = 0
    var isAtEnd: Bool { currentIndex > 0 }

    init(probe: SchemaProbe, record: ProbeRecord) {
        self.probe = probe
        self.record = record
    }

    mutating func decodeNil() -> Bool { false }

    mutating func decode<Value: Decodable>(_ type: Value.Type) -> Value {
        let learned = ProbeDecoder(probe: probe, record: record).value(type)
        record.items = learned.schema
        currentIndex += 1
        return learned.value
    }

    mutating func nestedContainer<Nested: CodingKey>(
        keyedBy type: Nested.Type
    ) throws -> KeyedDecodingContainer<Nested> { throw unsupported }
    mutating func nestedUnkeyedContainer() throws -> any UnkeyedDecodingContainer { throw unsupported }
    mutating func superDecoder() throws -> any Decoder { throw unsupported }
}

private let unsupported = DecodingError.dataCorrupted(
    .init(codingPath: [], debugDescription: "documents are made of members and lists"))
