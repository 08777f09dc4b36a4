import ArgumentParser
import BatchDaemon
import ControlAPI
import Foundation

/// `batchd verify`: what `batchctl archive verify --offline` runs.
struct Verify: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Reads every file of an archive and compares it with its manifest, without a daemon.",
        discussion: """
            It needs nothing but the archive, a copy say, and changes nothing in it.

            Exit codes: 0 all is as published, 1 it cannot be read, 2 usage, 7 differences.
            """)

    @Argument(help: "A workload's id. Default: all of them.")
    var workload: String?

    @OptionGroup var location: ConfigurationOption

    @Option(help: "The archive, instead of a configuration.")
    var archive: String?

    @Option(name: .shortAndLong, help: "How to print.")
    var output = OutputFormat.table

    func validate() throws {
        guard archive == nil || location.config == nil else {
            throw ValidationError("Name the configuration, or the archive, not both.")
        }
    }

    func run() throws {
        let folder = try archive ?? location.load().storage.archiveDirectory
        let report: ArchiveReport
        do {
            report = try OfflineVerification(archive: folder).run(workload: workload)
        } catch {
            printError("Error: \(error)")
            throw ExitCode(DaemonExit(error).rawValue)
        }
        switch output {
        case .json: print(try jsonLine(report))
        case .table: for line in report.lines { print(line.text) }
        }
        guard report.ok else { throw ExitCode(DaemonExit.integrity.rawValue) }
    }
}
