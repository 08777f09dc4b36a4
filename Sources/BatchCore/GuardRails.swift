/// A share of rows, in hundredths of a percent, so that it is compared exactly and said as it was written.
package struct FailureRate: Hashable, Sendable, CustomStringConvertible {
    /// 0 to 10000.
    package let hundredths: Int64

    /// A share in hundredths of a percent, 0 to 10000.
    package init(hundredths: Int64) {
        precondition((0...10_000).contains(hundredths))
        self.hundredths = hundredths
    }

    /// A share in whole percent, 0 to 100.
    package static func percent(_ percent: Int64) -> FailureRate { FailureRate(hundredths: percent * 100) }

    /// Reads `2%`, `0.5%` or `12.25%`; nil when it is not that, or above 100%.
    package init?(_ text: String) {
        guard text.hasSuffix("%") else { return nil }
        let parts = text.dropLast().split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
        let digits: (Substring) -> Bool = { $0.utf8.allSatisfy { (48...57).contains($0) } }
        guard let whole = parts.first, (1...3).contains(whole.count), digits(whole),
            let percent = Int64(whole)
        else { return nil }
        var fraction: Int64 = 0
        if parts.count == 2 {
            guard (1...2).contains(parts[1].count), digits(parts[1]), let number = Int64(parts[1])
            else { return nil }
            fraction = parts[1].count == 1 ? number * 10 : number
        }
        guard percent * 100 + fraction <= 10_000 else { return nil }
        hundredths = percent * 100 + fraction
    }

    /// True when more than this share of `rows` has failed.
    package func isExceeded(by failed: Int64, of rows: Int64) -> Bool {
        // Wide, because nobody limits the product.
        Double(failed) * 10_000 > Double(hundredths) * Double(rows)
    }

    /// As it is written: `2 %`.
    package var description: String { Self.written(hundredths) }

    /// The share of `rows` that has failed, as people read it: `6 %`, `6.25 %`.
    static func share(_ failed: Int64, of rows: Int64) -> String {
        written(Int64((Double(failed) * 10_000 / Double(max(1, rows))).rounded()))
    }

    private static func written(_ hundredths: Int64) -> String {
        let (whole, rest) = hundredths.quotientAndRemainder(dividingBy: 100)
        if rest == 0 { return "\(whole) %" }
        let digits = rest % 10 == 0 ? "\(rest / 10)" : rest < 10 ? "0\(rest)" : "\(rest)"
        return "\(whole).\(digits) %"
    }
}

/// The first job of a workload is small, and nothing else is sent before it is settled.
package struct Canary: Hashable, Sendable {
    /// How many rows it has at most. A workload that has no more just runs.
    package var rows: Int64
    /// When more of them fail, the workload is held.
    package var maxFailureRate: FailureRate

    /// 200 rows and 2 %, unless told otherwise.
    package init(rows: Int64 = 200, maxFailureRate: FailureRate = .percent(2)) {
        self.rows = rows
        self.maxFailureRate = maxFailureRate
    }
}

/// A workload of which too many rows fail is held.
package struct Halt: Hashable, Sendable {
    /// When more of the rows with an outcome have failed, the workload is held.
    package var maxFailureRate: FailureRate
    /// With fewer rows that have an outcome, nothing is concluded.
    package var minRows: Int64

    /// 20 % of at least 1000 rows, unless told otherwise.
    package init(maxFailureRate: FailureRate = .percent(20), minRows: Int64 = 1_000) {
        self.maxFailureRate = maxFailureRate
        self.minRows = minRows
    }
}

/// How the rows of a workload have fared, as far as the guard rails ask: sums over its batches.
///
/// An outcome is that a row succeeded, failed, or is held for a person; the last two count as failed. A row that
/// goes again by itself has none yet.
package struct GuardRecord: Hashable, Sendable {
    /// The first batch that gave a row its outcome, and the rows in it that failed.
    package struct First: Hashable, Sendable {
        /// All rows of the batch.
        package var rows: Int64
        /// How many of them failed.
        package var failed: Int64
        /// False while some of its rows are still to be settled.
        package var isSettled: Bool
        /// True when another batch was begun after it.
        package var isFollowed: Bool

        /// A batch.
        package init(rows: Int64, failed: Int64, isSettled: Bool, isFollowed: Bool) {
            self.rows = rows
            self.failed = failed
            self.isSettled = isSettled
            self.isFollowed = isFollowed
        }
    }

    /// All rows of the workload.
    package var rows: Int64
    /// Nil before a row has an outcome.
    package var first: First?
    /// Batches that are under way.
    package var underWay: Int
    /// Rows with an outcome, of the batches that the guards count.
    package var ended: Int64
    /// How many of those have failed.
    package var failed: Int64
    /// A person let it go on after a guard had held it: only batches after that count.
    package var isLetGoOn: Bool

    /// A record.
    package init(
        rows: Int64, first: First? = nil, underWay: Int = 0, ended: Int64 = 0, failed: Int64 = 0,
        isLetGoOn: Bool = false
    ) {
        self.rows = rows
        self.first = first
        self.underWay = underWay
        self.ended = ended
        self.failed = failed
        self.isLetGoOn = isLetGoOn
    }
}

/// What the guard rails of a queue say about the next batch of a workload.
package enum GuardVerdict: Hashable, Sendable {
    /// Nothing is against it.
    case open
    /// It is the canary: so many rows at most.
    case canary(rows: Int64)
    /// The canary is under way: nothing else is sent.
    case wait
    /// Too many rows have failed: a person is needed. The reason shows the arithmetic.
    case hold(String)

    /// Judges a workload of a queue.
    package init(_ record: GuardRecord, canary: Canary?, halt: Halt?) {
        if let canary, record.rows > canary.rows, !record.isLetGoOn {
            guard let first = record.first else {
                // What ended without an outcome, such as a file that came too late, has told nothing.
                self = record.underWay > 0 ? .wait : .canary(rows: canary.rows)
                return
            }
            if !first.isFollowed {
                guard first.isSettled else {
                    self = .wait
                    return
                }
                if canary.maxFailureRate.isExceeded(by: first.failed, of: first.rows) {
                    self = .hold(
                        "\(GuardWord.canary): \(first.failed) of \(first.rows) rows failed, "
                            + "\(FailureRate.share(first.failed, of: first.rows)), "
                            + "and \(canary.maxFailureRate) is the limit")
                    return
                }
            }
        }
        if let halt, record.ended >= halt.minRows,
            halt.maxFailureRate.isExceeded(by: record.failed, of: record.ended)
        {
            self = .hold(
                "\(GuardWord.halt): \(record.failed) of \(record.ended) rows with an outcome failed, "
                    + "\(FailureRate.share(record.failed, of: record.ended)), "
                    + "and \(halt.maxFailureRate) is the limit")
            return
        }
        self = .open
    }
}

/// The guard that holds a workload: the first word of its reason, which is stored.
package enum GuardWord: String, Sendable, CaseIterable, CustomStringConvertible {
    case canary, halt

    /// The guard that gave this reason; nil when it was none.
    package init?(reason: String?) {
        guard let reason, let colon = reason.firstIndex(of: ":") else { return nil }
        self.init(rawValue: String(reason[..<colon]))
    }

    /// The word.
    package var description: String { rawValue }
}
