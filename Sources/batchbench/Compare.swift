import ArgumentParser
import Env
import Foundation

/// All contestants in turn, round after round; then the table.
struct Compare: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Run the benchmark and print its table.")

    @Option(help: "Rows of the workload.")
    var rows = 1_000_000

    @Option(help: "How often each contestant runs.")
    var rounds = 3

    @Option(help: "Order of the ids: random or ordered.")
    var order = TestData.Order.random

    @Option(help: "Also write everything measured to this file, as JSON.")
    var json: String?

    @Option(help: "A folder on the disk that is to be measured. What is written there is removed.")
    var folder = "/var/tmp"

    @Option(help: "Only these contestants, for example pipeline,obvious.")
    var only = ""

    @Option(help: "A Python with the official SDK, for the usual script. Without it the script is left out.")
    var python = ""

    @Option(help: "The folder of the peers' scripts.")
    var peers = "Sources/batchbench/Peers"

    func validate() throws {
        guard rows > 0, rows % 20 == 0, rows <= 20_000_000 else {
            throw ValidationError("--rows is a multiple of 20, at most 20,000,000.")
        }
        guard rounds > 0 else { throw ValidationError("--rounds is at least 1.") }
    }

    func run() async throws {
        let all = try await Site.withFolder(in: folder) { folder in
            let site = Site(
                folder: folder, rows: rows, order: order,
                only: Set(only.split(separator: ",").map(String.init)), python: python, peers: peers)
            say("Writing \(rows) rows and their results …")
            _ = try await site.child(.data)
            var all: [[Sample]] = []
            for round in 1...rounds {
                say("Round \(round) of \(rounds) …")
                all.append(try await site.round(reversed: round % 2 == 0))
            }
            return all
        }
        let report = Report(rows: rows, order: "\(order)", rounds: all)
        print(report.tables)
        if let json {
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
            try encoder.encode(report).write(to: URL(fileURLWithPath: json))
        }
    }
}

extension Sample {
    /// As it scrolls by.
    var line: String {
        "  \(stage) \(contestant): \(rate.grouped) rows/s, \(megabytesPerSecond.short) MB/s, "
            + "\(cpuSeconds.short) CPU s, \((Double(peakBytes) / 1e6).short) MB"
    }
}

/// Progress goes to stderr: stdout is the table.
func say(_ text: String) {
    FileHandle.standardError.write(Data((text + "\n").utf8))
}
