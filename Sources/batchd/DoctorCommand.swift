import ArgumentParser
import BatchDaemon
import ControlAPI
import Env
import Foundation

/// `batchd doctor`: what `batchctl doctor` runs when no daemon answers.
struct DoctorCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "doctor",
        abstract: "Looks at everything that the daemon stands on, and says what to do about it.",
        discussion: """
            It needs no daemon, changes nothing, and asks Stripe once for each account.

            Exit codes: 0 nothing failed, else that of the first thing that did: 1 error, 2 configuration, key \
            or folder, 5 disk or network, 6 no daemon answers, 7 the database cannot be read.
            """)

    @OptionGroup var location: ConfigurationOption

    @Option(help: "Where operators look for the daemon, when not at control.socket.")
    var socket: String?

    @Option(name: .shortAndLong, help: "How to print.")
    var output = OutputFormat.table

    func run() async throws {
        let doctor = Doctor(
            config: location.config, environment: ProcessInfo.processInfo.environment, clock: .ofProcess)
        let report = await doctor.examine(socket: socket)
        switch output {
        case .json: print(try jsonLine(report))
        case .table: for line in report.lines { print(line.text) }
        }
        guard report.ok else { throw ExitCode(report.exitCode) }
    }
}
