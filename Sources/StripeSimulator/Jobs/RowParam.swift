import Foundation

extension RowLine {
    /// One parameter of the call: its name, and its value exactly as it was sent.
    struct Param: Equatable, Sendable {
        let name: String
        var json: String
    }
}

extension RowLine.Param {
    /// The members of the JSON object in `bytes`, in their order; nil when it isn't one.
    static func members(of bytes: UnsafeBufferPointer<UInt8>) -> [Self]? {
        guard let base = bytes.baseAddress else { return nil }
        do throws(JSONScanner.Fault) {
            return try JSONScanner.members(of: base, in: 0..<bytes.count).compactMap { member in
                let key = String(decoding: bytes[member.key], as: UTF8.self)
                let name =
                    key.utf8.contains(0x5C) ? JSONValue(parsing: ("\"" + key + "\"").utf8)?.string : key
                return name.map { Self(name: $0, json: String(decoding: bytes[member.value], as: UTF8.self)) }
            }
        } catch {
            return nil
        }
    }

    static func members(of json: String) -> [Self]? {
        var json = json
        return json.withUTF8 { members(of: $0) }
    }

    /// The members as a JSON object.
    static func object(_ members: [Self]) -> String {
        JSONText.object(members.map { ($0.name, $0.json) })
    }

    /// The change that it makes to an object that holds `earlier`.
    ///
    /// Metadata is merged key by key, and an empty text takes a key away, as Stripe does it.
    /// Everything else replaces what was there.
    func applied(to earlier: String?) -> Self {
        guard name == "metadata" else { return self }
        guard let sent = Self.members(of: json) else { return Self(name: name, json: "{}") }
        var merged = earlier.flatMap { Self.members(of: $0) } ?? []
        for member in sent {
            merged.removeAll { $0.name == member.name }
            if member.json != "\"\"", member.json != "null" { merged.append(member) }
        }
        return Self(name: name, json: Self.object(merged))
    }
}
