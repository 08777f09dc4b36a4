/// Which object of Stripe's a row acts on, as a 64-bit hash of its endpoint family, its context and the value
/// of the first path placeholder.
///
/// Rows with equal keys are never in flight together. Two objects that share a hash only make their rows wait
/// for each other needlessly; with ten million objects that happens once in 300,000 times. The hash is stored:
/// it is the same on every machine and in every version.
package struct ObjectKey: Hashable, Comparable, Sendable {
    /// The hash.
    package let rawValue: Int64

    /// Wraps a hash from the database.
    package init(rawValue: Int64) { self.rawValue = rawValue }

    /// The key of the object that `value` names, from its text.
    package init(family: String, context: String?, value: String) {
        var hash = ObjectHash(family: family)
        for byte in (context ?? "").utf8 { hash.add(byte) }
        hash.endPart()
        for byte in value.utf8 { hash.add(byte) }
        self = hash.key
    }

    /// Orders as the database does.
    package static func < (a: Self, b: Self) -> Bool { a.rawValue < b.rawValue }
}

/// Takes in the parts of an object's name byte by byte: FNV-1a, and at the end the mixer of SplitMix64, because
/// keys are sorted by their upper bits.
struct ObjectHash: Hashable, Sendable {
    private var state: UInt64 = 0xCBF2_9CE4_8422_2325

    init() {}

    init(family: String) {
        for byte in family.utf8 { add(byte) }
        endPart()
    }

    @inline(__always) mutating func add(_ byte: UInt8) {
        state = (state ^ UInt64(byte)) &* 0x0000_0100_0000_01B3
    }

    /// No text holds this byte, so no two lists of parts read the same.
    mutating func endPart() { add(0xFF) }

    var key: ObjectKey {
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return ObjectKey(rawValue: Int64(bitPattern: mixed ^ (mixed >> 31)))
    }
}

extension ObjectHash {
    /// Takes in a text of a JSON line that was checked, as what it means and not as it is spelled.
    mutating func add(_ text: JSONScanner.Text, of scanner: JSONScanner) {
        guard text.hasEscapes else {
            for i in text.range { add(scanner.bytes[i]) }
            return
        }
        let inside = UnsafeBufferPointer(rebasing: scanner.bytes[text.range])
        var at = 0
        while at < inside.count {
            guard inside[at] == UInt8(ascii: "\\") else {
                add(inside[at])
                at += 1
                continue
            }
            at += 2
            switch inside[at - 1] {
            case UInt8(ascii: "b"): add(0x08)
            case UInt8(ascii: "f"): add(0x0C)
            case UInt8(ascii: "n"): add(0x0A)
            case UInt8(ascii: "r"): add(0x0D)
            case UInt8(ascii: "t"): add(0x09)
            case UInt8(ascii: "u"):
                var scalar = Self.unit(inside, at)
                at += 4
                if (0xD800...0xDBFF).contains(scalar) {
                    scalar = 0x10000 + (scalar - 0xD800) << 10 + (Self.unit(inside, at + 2) - 0xDC00)
                    at += 6
                }
                for byte in String(Unicode.Scalar(scalar) ?? "\u{FFFD}").utf8 { add(byte) }
            case let plain: add(plain)
            }
        }
    }

    /// Four hexadecimal digits.
    private static func unit(_ bytes: UnsafeBufferPointer<UInt8>, _ at: Int) -> UInt32 {
        bytes[at..<at + 4].reduce(0) { unit, digit in
            unit << 4 | UInt32(digit <= 57 ? digit - 48 : (digit | 0x20) - 87)
        }
    }
}
