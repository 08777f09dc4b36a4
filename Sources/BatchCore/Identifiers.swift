/// A workload: what a person or program submitted to a queue. Written `w12`.
package struct WorkloadID: Hashable, Comparable, Sendable, CustomStringConvertible {
    /// The number in the database.
    package let rawValue: Int64

    /// Wraps a number from the database.
    package init(_ rawValue: Int64) { self.rawValue = rawValue }

    /// Reads `w12`; nil for anything else, and for numbers above 2^31, which `RowKey` has no room for.
    package init?(_ text: String) {
        guard let number = number(in: text, after: "w"), number < 1 << 31 else { return nil }
        self.init(number)
    }

    /// `w12`.
    package var description: String { "w\(rawValue)" }

    /// Orders by age: ids are given in order of submission.
    package static func < (a: Self, b: Self) -> Bool { a.rawValue < b.rawValue }
}

/// A batch: a set of rows that travels as one input file. Written `b34`.
package struct BatchID: Hashable, Comparable, Sendable, CustomStringConvertible {
    /// The number in the database.
    package let rawValue: Int64

    /// Wraps a number from the database.
    package init(_ rawValue: Int64) { self.rawValue = rawValue }

    /// Reads `b34`; nil for anything else.
    package init?(_ text: String) {
        guard let number = number(in: text, after: "b") else { return nil }
        self.init(number)
    }

    /// `b34`.
    package var description: String { "b\(rawValue)" }

    /// Orders by age.
    package static func < (a: Self, b: Self) -> Bool { a.rawValue < b.rawValue }
}

/// Stripe's batch job, `batchv2_…`. Opaque: examples use other prefixes too.
///
/// Source: `stripe-batch-api.md` section 1.3.
package struct JobID: Hashable, Sendable, CustomStringConvertible {
    /// The id as Stripe wrote it.
    package let rawValue: String

    /// Wraps an id that Stripe gave.
    package init(_ rawValue: String) { self.rawValue = rawValue }

    /// The id as Stripe wrote it.
    package var description: String { rawValue }
}

/// The key that makes asking twice the same as asking once; at most 255 characters.
///
/// Source: `stripe-batch-api.md` section 6.2.
package struct IdempotencyKey: Hashable, Sendable {
    /// The value of the `Idempotency-Key` header.
    package let rawValue: String

    /// Wraps a key.
    package init(_ rawValue: String) { self.rawValue = rawValue }
}

/// Where a row stands in its workload: 0 for the first line that was accepted.
///
/// With its workload it makes the row's integer key, so that the rows of one
/// workload lie side by side in every table.
package struct RowKey: Hashable, Comparable, Sendable {
    /// `workload << 32 | number`.
    package let rawValue: Int64

    /// Wraps a key from the database.
    package init(rawValue: Int64) { self.rawValue = rawValue }

    /// The key of row `number` of `workload`; `number` is below 2^32.
    package init(_ workload: WorkloadID, _ number: Int64) {
        precondition(number >= 0 && number < 1 << 32)
        self.rawValue = workload.rawValue << 32 | number
    }

    /// The workload it belongs to.
    package var workload: WorkloadID { WorkloadID(rawValue >> 32) }

    /// Its place in the workload, from 0.
    package var number: Int64 { rawValue & 0xFFFF_FFFF }

    /// Orders by workload, then by place.
    package static func < (a: Self, b: Self) -> Bool { a.rawValue < b.rawValue }
}

/// A SHA-256 digest, 32 bytes.
package struct Digest: Hashable, Sendable, CustomStringConvertible {
    /// The 32 bytes.
    package let bytes: [UInt8]

    /// Wraps 32 bytes.
    package init(_ bytes: [UInt8]) {
        precondition(bytes.count == 32)
        self.bytes = bytes
    }

    /// Lower-case hexadecimal.
    package var description: String {
        let digits = Array("0123456789abcdef")
        return String(bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] })
    }
}

/// The number above 0 behind a letter, in the one way in which we write it.
private func number(in text: String, after letter: Character) -> Int64? {
    guard text.first == letter, let number = Int64(text.dropFirst()), number > 0, text == "\(letter)\(number)"
    else { return nil }
    return number
}
