import ArgumentParser
import Foundation

/// The same stages with more and more rows: nothing may cost the more a row, or take the more memory, the more rows
/// there are.
struct Ladder: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Run each stage with more and more rows, and print what they cost.")

    @Option(help: "How many rows, step by step; multiples of 1,000.")
    var sizes = "100000,1000000,10000000"

    @Option(help: "A folder on the disk that is to be measured. What is written there is removed.")
    var folder = "/var/tmp"

    @Option(help: "Only these contestants: pipeline, watching, whole.")
    var only = "pipeline,watching,whole"

    func validate() throws {
        guard !steps.isEmpty, steps.allSatisfy({ $0 > 0 && $0 % 1000 == 0 && $0 <= 20_000_000 }) else {
            throw ValidationError(
                "--sizes are multiples of 1,000 up to 20,000,000, with commas between them.")
        }
    }

    /// Nothing when one of them is no number.
    private var steps: [Int] {
        let numbers = sizes.split(separator: ",").map { Int($0) }
        return numbers.contains(nil) ? [] : numbers.compactMap(\.self)
    }

    func run() async throws {
        var columns: [[Sample]] = []
        for rows in steps {
            columns.append(
                try await Site.withFolder(in: folder) { folder in
                    let site = Site(
                        folder: folder, rows: rows, order: .random,
                        only: Set(only.split(separator: ",").map(String.init)), python: "", peers: "")
                    say("Writing \(rows) rows and their results …")
                    _ = try await site.child(.data)
                    return try await site.round(reversed: false)
                })
        }
        let head = ["stage"] + steps.map { "\(Double($0).grouped) rows" }
        let lines = Self.lines.map { line in
            [line.name]
                + columns.map { samples in
                    samples.first { $0.stage == line.stage && $0.contestant == "batchd" }.map(line.cell)
                        ?? "–"
                }
        }
        print("\(Machine().description)\n\n\(table(head, lines))")
    }

    private typealias Line = (name: String, stage: String, cell: (Sample) -> String)

    private static var lines: [Line] {
        [
            ("ingest", "ingest", work), ("stage", "stage", work), ("archive", "archive", work),
            ("settle", "settle", work), ("whole", "whole", work),
            (
                "database and spool before results", "before results",
                { "\((Double($0.diskBytes) / Double(max(1, $0.bytes))).short) × the input" }
            ),
            ("plan, 1,000 jobs", "plan", time), ("start after `kill -9`, 1,000 jobs", "start", time),
            ("memory after a start, 1,000 jobs", "start", { "\(Self.megabytes($0)) MB" }),
            ("`status` p99, 1,000 jobs", "status p99, 1,000 jobs", time),
            ("`status` p99 while the whole runs", "status p99", time),
        ]
    }

    private static func work(_ sample: Sample) -> String {
        let seconds = sample.cpuSeconds * 1e6 / Double(sample.rows)
        return "\(seconds.short) s, \(megabytes(sample)) MB"
    }

    private static func time(_ sample: Sample) -> String { "\((sample.seconds * 1000).short) ms" }

    private static func megabytes(_ sample: Sample) -> String { (Double(sample.peakBytes) / 1e6).short }
}
