package import BatchCore

/// How much of an answer is believed. What lies outside is no answer, or says nothing.
///
/// Stripe documents no limits here. Each is far above what was ever seen of it, and far below what would harm us.
package enum WireLimits {
    /// The longest answer to an API call that is read, in bytes.
    package static let answerBytes = 1 << 20
    /// How deep the JSON of an answer may be nested: each level takes stack to read.
    package static let nesting = 64
    /// The longest job id, in bytes: with what we put before it, it must fit into the name of a folder (255)
    /// and into an idempotency key (255).
    package static let jobIDBytes = 200
    /// The longest status that we do not know, in bytes; it is stored and shown.
    package static let statusBytes = 64
    /// The longest URL that is followed, in bytes.
    package static let urlBytes = 16 << 10
    /// The largest number of rows or bytes that is believed: the sum of two still fits, and a double holds it.
    package static let largestCount: Int64 = 1 << 53
    /// The moments that are believed: those that RFC 3339 can write, from 1970 on.
    package static let moments =
        Timestamp(milliseconds: 0)...Timestamp(milliseconds: 253_402_300_799_999)

    /// Whatever else stands in the place of an id is none.
    package static func isJobID(_ text: String) -> Bool { isWord(text, bytes: jobIDBytes) }

    /// Whatever else stands in the place of a status is none; it could be a URL, and it is stored and shown.
    package static func isStatus(_ text: String) -> Bool { isWord(text, bytes: statusBytes) }

    /// Letters, digits, `_` and `-`, at least one and at most `limit`.
    private static func isWord(_ text: String, bytes limit: Int) -> Bool {
        (1...limit).contains(text.utf8.count)
            && text.utf8.allSatisfy { byte in
                byte == UInt8(ascii: "_") || byte == UInt8(ascii: "-") || (48...57).contains(byte)
                    || (97...122).contains(byte | 32)
            }
    }

    /// True when brackets and braces outside of strings stand deeper than `nesting`. Other faults are not seen.
    static func isTooDeep(_ json: [UInt8]) -> Bool {
        var depth = 0
        var inString = false
        var escaped = false
        for byte in json {
            if inString {
                if escaped {
                    escaped = false
                } else if byte == UInt8(ascii: "\\") {
                    escaped = true
                } else if byte == UInt8(ascii: "\"") {
                    inString = false
                }
                continue
            }
            switch byte {
            case UInt8(ascii: "\""): inString = true
            case UInt8(ascii: "["), UInt8(ascii: "{"):
                depth += 1
                if depth > nesting { return true }
            case UInt8(ascii: "]"), UInt8(ascii: "}"): depth -= 1
            default: continue
            }
        }
        return false
    }
}
