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

    /// An object from names and the JSON texts of their values.
    static func object(_ members: some Sequence<(name: String, json: String)>) -> String {
        var out = "{"
        out.reserveCapacity(1024)
        for member in members {
            if out.utf8.count > 1 { out += "," }
            if isPlain(member.name) {
                out += "\""
                out += member.name
                out += "\":"
            } else {
                out += escaped(member.name) + ":"
            }
            out += member.json
        }
        out += "}"
        return out
    }

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
