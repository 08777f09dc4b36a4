/// Changes bytes by seeded chance: the same seed gives the same changes on every machine.
struct Mutator: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    /// SplitMix64.
    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }

    mutating func below(_ bound: Int) -> UInt64 { next() % UInt64(max(bound, 1)) }

    private mutating func place(in bytes: [UInt8]) -> Int { Int(below(bytes.count + 1)) }

    /// `bytes` after one to eight changes; parts may come from `others`.
    mutating func mutated(_ bytes: [UInt8], others: [[UInt8]]) -> [UInt8] {
        var bytes = bytes
        for _ in 0...below(8) {
            switch below(7) {
            case 0 where !bytes.isEmpty: bytes[Int(below(bytes.count))] ^= 1 << UInt8(below(8))
            case 1 where !bytes.isEmpty: bytes[Int(below(bytes.count))] = UInt8(below(256))
            case 2:
                bytes.insert(contentsOf: Corpus.tokens[Int(below(Corpus.tokens.count))], at: place(in: bytes))
            case 3:
                let start = place(in: bytes)
                bytes.removeSubrange(start..<min(bytes.count, start + Int(below(12))))
            case 4:
                let start = place(in: bytes)
                let part = Array(bytes[start..<min(bytes.count, start + Int(below(40)))])
                bytes.insert(contentsOf: part, at: place(in: bytes))
            case 5: bytes = Array(bytes.prefix(place(in: bytes)))
            default:
                let other = others[Int(below(others.count))]
                bytes.insert(contentsOf: other[place(in: other)...].prefix(60), at: place(in: bytes))
            }
        }
        return bytes
    }
}
