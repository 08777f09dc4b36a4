/// The keys of one object, as they come: notices one that stands there twice.
///
/// What two readers of the same line may read differently must not reach Stripe. The usual small object costs a few
/// bits here; only a larger one, or one with escapes in its keys, is remembered as texts.
struct KeySet {
    /// Where the object begins.
    private let start: Int
    private var bits: UInt64 = 0
    private var count = 0
    private var names: Set<String>?

    private static let mostInBits = 16

    init(objectAt start: Int) {
        self.start = start
    }

    /// Takes in the next key.
    ///
    /// - Throws: `LineDefect` when it was there already.
    mutating func insert(_ key: JSONScanner.Text, in scanner: JSONScanner) throws(LineDefect) {
        var isNew = true
        let bit = bit(of: key, in: scanner)
        if names == nil, key.hasEscapes || count == Self.mostInBits {
            names = Set(keys(before: key, in: scanner).map { scanner.decoded($0) })
        }
        if names != nil {
            isNew = names?.insert(scanner.decoded(key)).inserted ?? true
        } else if bits & bit != 0 {
            isNew = !keys(before: key, in: scanner).contains {
                scanner.bytes[$0.range].elementsEqual(scanner.bytes[key.range])
            }
        }
        guard isNew else {
            throw LineDefect(column: key.range.lowerBound, reason: "the key stands in this object twice")
        }
        bits |= bit
        count += 1
    }

    private func bit(of key: JSONScanner.Text, in scanner: JSONScanner) -> UInt64 {
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        for byte in scanner.bytes[key.range] { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
        return 1 << (hash >> 58)
    }

    /// Walks over the object once more, up to `key`.
    private func keys(before key: JSONScanner.Text, in scanner: JSONScanner) -> [JSONScanner.Text] {
        var keys: [JSONScanner.Text] = []
        var walk = JSONScanner(scanner.bytes)
        walk.at = start
        do throws(LineDefect) {
            try walk.object { (walk, other) throws(LineDefect) in
                guard other.range.lowerBound < key.range.lowerBound else { throw walk.defect("far enough") }
                keys.append(other)
                try walk.value()
            }
        } catch {
            // Where the walk was to end.
        }
        return keys
    }
}
