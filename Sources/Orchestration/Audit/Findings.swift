import BatchCore

/// Something that is not as it should be.
package struct Difference: Hashable, Sendable {
    /// The file, row or record.
    package var place: String
    /// What should be there.
    package var expected: String
    /// What is there.
    package var found: String
    /// What to do about it.
    package var remedy: String
}

/// The differences of one check: the first ones in full, and how many there are.
struct Findings {
    /// More are counted and not kept.
    private static let mostKept = 20

    private(set) var kept: [Difference] = []
    private(set) var count: Int64 = 0

    mutating func add(_ place: String, expected: String, found: String, _ remedy: Remedy) {
        count += 1
        if kept.count < Self.mostKept {
            kept.append(
                Difference(place: place, expected: expected, found: found, remedy: remedy.rawValue))
        }
    }

    /// Adds a difference unless both are equal.
    mutating func compare<Value: Equatable>(
        _ place: String, expected: Value, found: Value, _ remedy: Remedy
    ) {
        if expected != found { add(place, expected: "\(expected)", found: "\(found)", remedy) }
    }

    /// The check, with `detail` when it held.
    func check(_ name: String, _ detail: String) -> Auditor.Check {
        Auditor.Check(
            name: name,
            detail: count == 0 ? detail : count == 1 ? "1 difference" : "\(count.grouped) differences",
            differences: kept)
    }
}

/// What a person does about a difference.
enum Remedy: String {
    case restore = "put this file back from a backup; until then nothing can be read from it"
    case records =
        "keep a copy of the state directory and the archive as they are, and report it; change nothing by hand"
    case foreign = "batchd did not put it there: move it out of the archive"
    case sentTwice = "look the object up at Stripe: the row may have been executed twice"
}

/// One bit for each row of a workload: a million rows in 125 kB.
struct RowBits {
    private var words: [UInt64]

    init(rows: Int64) {
        words = [UInt64](repeating: 0, count: Int(rows / 64) + 1)
    }

    func contains(_ number: Int64) -> Bool {
        let word = Int(number / 64)
        return word < words.count && words[word] & (1 << UInt64(number % 64)) != 0
    }

    /// Adds a row; false when it was there already, or cannot be a row of the workload.
    mutating func insert(_ number: Int64) -> Bool {
        let word = Int(number / 64)
        guard word < words.count, !contains(number) else { return false }
        words[word] |= 1 << UInt64(number % 64)
        return true
    }

    mutating func removeAll() {
        for word in words.indices { words[word] = 0 }
    }
}
