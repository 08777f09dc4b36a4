package import BatchCore
import Synchronization

/// Where chance comes from: jitter, and the keys that must never repeat.
///
/// Copies share one source, so that a seeded run draws the same numbers whoever asks.
package struct Entropy: RandomNumberGenerator, Sendable {
    private let draw: @Sendable () -> UInt64

    /// The operating system's random numbers.
    package static let system = Entropy { SystemRandomNumberGenerator.number() }

    /// A repeatable sequence, for simulation and tests. Never for keys that Stripe will see.
    package static func seeded(_ seed: UInt64) -> Entropy {
        let source = SeededSource(seed)
        return Entropy { source.next() }
    }

    private init(draw: @escaping @Sendable () -> UInt64) {
        self.draw = draw
    }

    /// The next 64 random bits.
    package func next() -> UInt64 { draw() }

    /// A new idempotency key: a random UUID (version 4), as the official SDKs send it.
    package func idempotencyKey() -> IdempotencyKey {
        let high = next() & 0xFFFF_FFFF_FFFF_0FFF | 0x4000
        let low = next() & 0x3FFF_FFFF_FFFF_FFFF | 0x8000_0000_0000_0000
        let digits = hexadecimal(high) + hexadecimal(low)
        let groups = [0..<8, 8..<12, 12..<16, 16..<20, 20..<32]
        let text = groups.map { String(digits[$0]) }.joined(separator: "-")
        return IdempotencyKey(text)
    }
}

extension SystemRandomNumberGenerator {
    fileprivate static func number() -> UInt64 {
        var generator = SystemRandomNumberGenerator()
        return generator.next()
    }
}

private func hexadecimal(_ value: UInt64) -> [Character] {
    let digits = Array(String(value, radix: 16))
    return Array(repeating: "0", count: 16 - digits.count) + digits
}

/// SplitMix64: one addition a draw, and no seed is a bad one.
private final class SeededSource: Sendable {
    private let state: Mutex<UInt64>

    init(_ seed: UInt64) {
        state = Mutex(seed)
    }

    func next() -> UInt64 {
        state.withLock { state in
            state &+= 0x9E37_79B9_7F4A_7C15
            var mixed = state
            mixed = (mixed ^ mixed >> 30) &* 0xBF58_476D_1CE4_E5B9
            mixed = (mixed ^ mixed >> 27) &* 0x94D0_49BB_1331_11EB
            return mixed ^ mixed >> 31
        }
    }
}
