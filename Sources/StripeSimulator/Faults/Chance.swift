/// Repeatable chance: everything random follows from the seed.
enum Chance {
    /// A 64-bit digest of `text` (FNV-1a); equal in every run and on every machine.
    static func digest(_ text: String) -> UInt64 {
        var text = text
        return text.withUTF8 { bytes in
            var hash: UInt64 = 0xCBF2_9CE4_8422_2325
            guard let base = bytes.baseAddress else { return mix(hash) }
            var index = 0
            while index < bytes.count {
                hash = (hash ^ UInt64(base[index])) &* 0x0000_0100_0000_01B3
                index += 1
            }
            return mix(hash)
        }
    }

    /// Spreads every bit of `value` over all bits.
    static func mix(_ value: UInt64) -> UInt64 {
        var z = value &+ 0x9E37_79B9_7F4A_7C15
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }

    /// A number in 0..<1 that belongs to these digests.
    static func share(_ first: UInt64, _ second: UInt64) -> Double {
        Double(mix(first ^ mix(second)) >> 11) / Double(1 << 53)
    }
}

/// A small generator with a seed (SplitMix64).
struct SeededRandom: RandomNumberGenerator, Sendable {
    private var state: UInt64

    init(seed: UInt64) {
        state = seed
    }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        return Chance.mix(state)
    }

    /// A random UUID, in its usual form.
    mutating func uuid() -> String {
        let high = next() & 0xFFFF_FFFF_FFFF_0FFF | 0x4000
        let low = next() & 0x3FFF_FFFF_FFFF_FFFF | 0x8000_0000_0000_0000
        let bytes = [high, low].flatMap { word in
            stride(from: 56, through: 0, by: -8).map { UInt8(truncatingIfNeeded: word >> UInt64($0)) }
        }
        let groups = [0..<4, 4..<6, 6..<8, 8..<10, 10..<16]
        return groups.map { bytes[$0].hexadecimal }.joined(separator: "-")
    }

    /// An opaque name of letters and digits, as Stripe's ids end.
    mutating func token(length: Int) -> String {
        let letters = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789".unicodeScalars)
        var token = ""
        for _ in 0..<length {
            token.unicodeScalars.append(letters[Int.random(in: 0..<letters.count, using: &self)])
        }
        return token
    }
}
