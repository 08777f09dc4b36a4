import Foundation

/// A promise of the project, and how it is judged from the samples.
struct Target: Sendable {
    enum Measure: Sendable {
        /// Rows a second of the daemon, over those of a yardstick of the same round: at least.
        case ratio(to: String, Double)
        /// A value of the daemon's samples: at most.
        case ceiling(Double, unit: String, @Sendable (Sample) -> Double)
    }

    let stage: String
    let measure: Measure
    /// What was durable when the stage ended, on both sides.
    let durability: String

    init(_ stage: String, _ measure: Measure, durableAs durability: String = "–") {
        self.stage = stage
        self.measure = measure
        self.durability = durability
    }
}

/// One promise, weighed. The three values are the median, the least and the most of all rounds.
struct Verdict: Codable {
    var stage: String
    var target: String
    var isRatio: Bool
    var median: Double
    var least: Double
    var most: Double
    var isMet: Bool
    /// Our CPU seconds over the yardstick's: says more than time where others use the machine too.
    var cpuRatio: Double?
    /// The daemon's median rate in rows a second, and the yardstick's.
    var rate: Double
    var yardstickRate: Double?
    var megabytesPerSecond: Double
    var cpuSecondsPerMillionRows: Double
    var durability: String

    /// Weighs the rounds; nil when one side did not run.
    init?(_ target: Target, _ rounds: [[Sample]]) {
        func samples(_ contestant: String) -> [Sample] {
            rounds.compactMap { $0.first { $0.stage == target.stage && $0.contestant == contestant } }
        }
        let ours = samples("batchd")
        guard !ours.isEmpty else { return nil }
        let values: [Double]
        switch target.measure {
        case .ratio(let yardstick, let least):
            let theirs = samples(yardstick)
            guard theirs.count == ours.count else { return nil }
            values = zip(ours, theirs).map { $0.rate / $1.rate }
            yardstickRate = theirs.map(\.rate).median
            cpuRatio = zip(ours, theirs).map { $0.cpuSeconds / max($1.cpuSeconds, 1e-3) }.median
            (self.target, isRatio, isMet) = ("≥ \(least.short) × \(yardstick)", true, values.median >= least)
        case .ceiling(let most, let unit, let value):
            values = ours.map(value)
            (self.target, isRatio, isMet) = ("≤ \(most.short) \(unit)", false, values.median <= most)
        }
        stage = target.stage
        (median, least, most) = (values.median, values.min() ?? 0, values.max() ?? 0)
        rate = ours.map(\.rate).median
        megabytesPerSecond = ours.map(\.megabytesPerSecond).median
        cpuSecondsPerMillionRows = ours.map { $0.cpuSeconds * 1e6 / Double($0.rows) }.median
        durability = target.durability
    }

    fileprivate var measured: String { "\(median.short) (\(least.short)–\(most.short))" }
}

/// All rounds, weighed.
struct Report: Codable {
    var machine = Machine()
    var rows: Int
    var order: String
    var verdicts: [Verdict]
    var rounds: [[Sample]]

    init(rows: Int, order: String, rounds: [[Sample]]) {
        self.rows = rows
        self.order = order
        self.rounds = rounds
        verdicts = Target.all.compactMap { Verdict($0, rounds) }
    }

    /// The tables for people, in Markdown: rates beside their yardsticks, ceilings, and everybody's medians.
    var tables: String {
        let ratios = verdicts.filter(\.isRatio).map { verdict in
            [
                verdict.stage, verdict.target, verdict.measured, verdict.isMet ? "yes" : "**no**",
                verdict.rate.grouped, verdict.yardstickRate?.grouped ?? "", verdict.megabytesPerSecond.short,
                verdict.cpuSecondsPerMillionRows.short, verdict.cpuRatio?.short ?? "", verdict.durability,
            ]
        }
        let ceilings = verdicts.filter { !$0.isRatio }.map { verdict in
            [verdict.stage, verdict.target, verdict.measured, verdict.isMet ? "yes" : "**no**"]
        }
        return [
            "\(rows.formatted()) rows, ids \(order), \(rounds.count) rounds; \(machine.description)",
            table(
                [
                    "stage", "target", "measured", "met", "rows/s", "yardstick's", "MB/s", "CPU s a million",
                    "CPU ratio", "durable",
                ], ratios),
            table(["stage", "target", "measured", "met"], ceilings),
            table(["stage", "contestant", "rows/s", "MB/s", "CPU s", "peak MB", "disk MB"], medians),
        ].joined(separator: "\n\n")
    }

    private var medians: [[String]] {
        var seen: Set<String> = []
        return rounds.joined().filter { seen.insert("\($0.stage) \($0.contestant)").inserted }.map { first in
            let same = rounds.joined().filter { $0.stage == first.stage && $0.contestant == first.contestant }
            return [
                first.stage, first.contestant, same.map(\.rate).median.grouped,
                same.map(\.megabytesPerSecond).median.short, same.map(\.cpuSeconds).median.short,
                same.map { Double($0.peakBytes) / 1e6 }.median.short,
                same.map { Double($0.diskBytes) / 1e6 }.median.short,
            ]
        }
    }

}

/// A table in Markdown.
func table(_ head: [String], _ lines: [[String]]) -> String {
    ([head, head.map { _ in "---" }] + lines).map { "| \($0.joined(separator: " | ")) |" }
        .joined(separator: "\n")
}

/// Where it was measured.
struct Machine: Codable {
    var cores = ProcessInfo.processInfo.activeProcessorCount
    var memoryGigabytes = Int(ProcessInfo.processInfo.physicalMemory >> 30)
    var system = ProcessInfo.processInfo.operatingSystemVersionString
    var processor = Self.processor

    var description: String { "\(processor), \(cores) cores, \(memoryGigabytes) GB, \(system)" }

    private static var processor: String {
        let text = (try? String(contentsOfFile: "/proc/cpuinfo", encoding: .utf8)) ?? ""
        let line = text.split(separator: "\n").first { $0.hasPrefix("model name") }
        return line?.split(separator: ":").last?.trimmingCharacters(in: .whitespaces) ?? "unknown"
    }
}

extension [Double] {
    /// The middle value, or the mean of the two in the middle; 0 of none.
    var median: Double {
        guard !isEmpty else { return 0 }
        let sorted = sorted()
        return (sorted[(count - 1) / 2] + sorted[count / 2]) / 2
    }

    /// The value that so many of a hundred do not exceed; 0 of none.
    func percentile(_ share: Int) -> Double {
        isEmpty ? 0 : sorted()[Swift.min(count - 1, count * share / 100)]
    }
}

extension Double {
    /// Three digits that matter.
    var short: String {
        self >= 100 ? String(Int(rounded())) : String(format: self >= 10 ? "%.1f" : "%.2f", self)
    }

    /// A whole number in groups of three digits.
    var grouped: String { Int(rounded()).formatted(.number.locale(Locale(identifier: "en_US"))) }
}
