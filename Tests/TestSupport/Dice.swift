package import Env
import Foundation

extension Entropy {
    /// True with this probability.
    package func chance(_ probability: Double) -> Bool {
        Double(next() >> 11) / Double(1 << 53) < probability
    }

    /// A number in the range.
    package func int(_ range: ClosedRange<Int>) -> Int {
        range.lowerBound + Int(next() % UInt64(range.count))
    }

    /// One of these.
    package func pick<Element>(_ elements: [Element]) -> Element {
        elements[int(0...elements.count - 1)]
    }

    /// A number whose logarithm is even: small ones come as often as large ones.
    package func logarithmic(_ range: ClosedRange<Double>) -> Double {
        let share = Double(next() >> 11) / Double(1 << 53)
        return range.lowerBound * pow(range.upperBound / range.lowerBound, share)
    }
}
