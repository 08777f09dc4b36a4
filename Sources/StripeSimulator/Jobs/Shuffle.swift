/// An order of the numbers below `count` that follows from a seed.
///
/// Worked out place by place, so that it takes no memory: a Feistel network mixes the numbers of a
/// square that `count` fits into, and what falls outside of `count` is mixed again.
struct Shuffle: Sendable {
    let count: Int
    private let seed: UInt64
    /// Half as many bits as a number has.
    private let half: UInt64

    init(count: Int, seed: UInt64) {
        self.count = count
        self.seed = seed
        let bits = UInt64(Int.bitWidth - max(count - 1, 1).leadingZeroBitCount)
        half = (bits + 1) / 2
    }

    /// The number in place `position`, which is below `count`.
    subscript(position: Int) -> Int {
        var number = UInt64(position)
        repeat { number = mixed(number) } while number >= UInt64(count)
        return Int(number)
    }

    private func mixed(_ number: UInt64) -> UInt64 {
        let mask = UInt64(1) << half - 1
        var (left, right) = (number >> half, number & mask)
        for round in 0..<4 as Range<UInt64> {
            (left, right) = (right, left ^ (Chance.mix(seed ^ (round << 60) ^ right) & mask))
        }
        return left << half | right
    }
}
