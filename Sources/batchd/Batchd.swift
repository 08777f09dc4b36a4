import ArgumentParser
import BatchDaemon
import ControlAPI
import Env
import Foundation
import Logging

/// `batchd`: the daemon.
@main
struct Batchd: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "batchd",
        abstract: "Sends large workloads through Stripe's Batch Jobs API.",
        version: "batchd \(batchdVersion)",
        subcommands: [Run.self, Check.self, Audit.self, Verify.self, DoctorCommand.self, Version.self]
    )

    static func main() async {
        if let unknown = unknownCommand {
            printError("Error: \(unknown.message)\n\(unknown.hint)")
            exit(withError: ExitCode(2))
        }
        do {
            var command = try parseAsRoot()
            if var command = command as? any AsyncParsableCommand {
                try await command.run()
            } else {
                try command.run()
            }
        } catch {
            // Wrong usage is 2 for all our programs, and not ArgumentParser's 64.
            guard exitCode(for: error) == .validationFailure else { exit(withError: error) }
            printError(fullMessage(for: error))
            exit(withError: ExitCode(2))
        }
    }

    /// A mistyped command: the parser takes it for an argument too many.
    private static var unknownCommand: UnknownCommand? {
        let names = configuration.subcommands.map { $0._commandName } + ["help"]
        guard let first = CommandLine.arguments.dropFirst().first, !first.hasPrefix("-"),
            !names.contains(first)
        else { return nil }
        return UnknownCommand(first, of: "batchd", among: names)
    }
}

/// Where the configuration is, for every command that needs it.
struct ConfigurationOption: ParsableArguments {
    @Option(help: "The configuration. Default: $BATCHD_CONFIG, else \(ConfigurationFile.standard).")
    var config: String?

    /// Reads it; prints every problem and exits with 2 when the daemon cannot run on it.
    func load() throws -> Configuration {
        let environment = ProcessInfo.processInfo.environment
        do {
            let path = try ConfigurationFile.locate(option: config, environment: environment)
            let configuration = try Configuration.read(path, environment: environment)
            for warning in configuration.warnings { printError(warning.description) }
            return configuration
        } catch {
            printError(error.description)
            throw ExitCode(2)
        }
    }
}

/// `batchd run`
struct Run: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Runs the daemon in the foreground until SIGTERM or SIGINT.",
        discussion: """
            With --recover-only it looks at every job that may be running, prints what it found and what it \
            would do next, and ends: nothing is sent to Stripe. Exits 5 if a job could not be looked at.

            Exit codes: 0 ok, 1 error, 2 configuration, 3 another daemon owns the state directory, \
            4 a person is needed, 5 try again later, 7 the database is damaged.
            """
    )

    @OptionGroup var location: ConfigurationOption

    @Option(help: "The least important log lines to write.")
    var logLevel = LogLevel.info

    @Flag(help: "Look at every job that may be running, print what was found, and end.")
    var recoverOnly = false

    @Option(name: .shortAndLong, help: "How to print with --recover-only.")
    var output = OutputFormat.table

    func run() async throws {
        Memory.shareHeaps()
        let configuration = try location.load()
        let environment = ProcessInfo.processInfo.environment
        let reader = LogOutput.Reader.ofStandardError(environment: environment)
        let output = LogOutput(
            level: logLevel.level, reader: reader, journal: reader == .journal ? JournalSocket() : nil,
            now: Clock.ofProcess.now)
        let logger = Logger(label: "batchd") { _ in output }
        let daemon = Daemon(
            configuration, environment: environment, clock: .ofProcess, logger: logger)
        do {
            guard recoverOnly else { return try await daemon.run() }
            let decisions = try await daemon.recoverOnly()
            try RecoveryScreen(decisions: decisions).print(as: self.output)
            guard decisions.allSatisfy(\.reached) else { throw ExitCode(DaemonExit.temporary.rawValue) }
        } catch let code as ExitCode {
            throw code
        } catch {
            logger.critical("\(error)")
            throw ExitCode(DaemonExit(error).rawValue)
        }
    }
}

/// The levels that can be asked for.
enum LogLevel: String, CaseIterable, ExpressibleByArgument {
    case debug, info, notice, warning, error

    var level: Logger.Level {
        switch self {
        case .debug: .debug
        case .info: .info
        case .notice: .notice
        case .warning: .warning
        case .error: .error
        }
    }
}

/// `batchd version`
struct Version: ParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Prints the version.")

    func run() {
        print("batchd \(batchdVersion)")
    }
}

/// `batchd check`
struct Check: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Reads the configuration and prints everything that is wrong with it."
    )

    @OptionGroup var location: ConfigurationOption

    func run() throws {
        print(try location.load().summary)
    }
}

/// Prints a line for people.
func printError(_ line: String) {
    FileHandle.standardError.write(Data((line + "\n").utf8))
}

/// A document on one line.
func jsonLine(_ document: some Encodable) throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    return String(decoding: try encoder.encode(document), as: UTF8.self)
}
