import Foundation

/// Writes JSON text by hand where a line is made for every row.
enum JSONText {
    /// `text` as a quoted JSON string.
    static func quoted(_ text: String) -> String {
        isPlain(text) ? "\"" + text + "\"" : escaped(text)
    }

    /// Nothing in `text` needs an escape.
    static func isPlain(_ text: String) -> Bool {
        var text = text
        return text.withUTF8 { bytes in
            guard let base = bytes.baseAddress else { return true }
            var index = 0
            while index < bytes.count {
                let byte = base[index]
                if byte < 0x20 || byte == 0x22 || byte == 0x5C { return false }
                index += 1
            }
            return true
        }
    }

    /// `word` is in `text`: found without the searcher that `contains` sets up for each text.
    static func isFound(_ word: StaticString, in text: String) -> Bool {
        var text = text
        let length = word.utf8CodeUnitCount
        return text.withUTF8 { bytes in
            guard let base = bytes.baseAddress, bytes.count >= length else { return false }
            var at = 0
            while at <= bytes.count - length {
                if base[at] == word.utf8Start[0], memcmp(base + at, word.utf8Start, length) == 0 {
                    return true
                }
                at += 1
            }
            return false
        }
    }

    /// An object from names and the JSON texts of their values.
    ///
    /// The text is written once, in a place of its size: it is made for every row.
    static func object(_ members: [(name: String, json: String)]) -> String {
        var members = members
        for index in members.indices where !isPlain(members[index].name) {
            members[index].name = inner(escaped(members[index].name))
        }
        let size = members.reduce(2) { $0 + $1.name.utf8.count + $1.json.utf8.count + 4 }
        return String(unsafeUninitializedCapacity: size) { buffer in
            var text = FixedText(buffer)
            text.add(0x7B)
            for (index, member) in members.enumerated() {
                if index > 0 { text.add(0x2C) }
                text.add(0x22)
                text.add(member.name)
                text.add(0x22)
                text.add(0x3A)
                text.add(member.json)
            }
            text.add(0x7D)
            return text.count
        }
    }

    /// Fills a buffer that is known to suffice.
    private struct FixedText {
        private let buffer: UnsafeMutableBufferPointer<UInt8>
        private(set) var count = 0

        init(_ buffer: UnsafeMutableBufferPointer<UInt8>) { self.buffer = buffer }

        mutating func add(_ byte: UInt8) {
            buffer[count] = byte
            count += 1
        }

        mutating func add(_ text: String) {
            var text = text
            count += text.withUTF8 { bytes in
                precondition(bytes.count <= buffer.count - count)
                guard let from = bytes.baseAddress, let base = buffer.baseAddress else { return 0 }
                (base + count).update(from: from, count: bytes.count)
                return bytes.count
            }
        }
    }

    /// What stands between the quotes.
    private static func inner(_ quoted: String) -> String { String(quoted.dropFirst().dropLast()) }

    private static func escaped(_ text: String) -> String {
        var out = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": out += "\\\""
            case "\\": out += "\\\\"
            case "\n": out += "\\n"
            case "\u{00}"..<"\u{20}":
                let digits = String(scalar.value, radix: 16)
                out += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            default: out.unicodeScalars.append(scalar)
            }
        }
        return out + "\""
    }
}
