import ArgumentParser
import ControlAPI
import Glibc

/// Runs `batchctl` on the command line `arguments` (without the program's name), in this process's
/// terminal and environment, and answers the exit code: a `CommandExit`.
///
/// Ctrl-C ends the process with 130.
package func runBatchCtl(_ arguments: [String]) async -> Int32 {
    exitOnInterrupt()
    return await BatchCtl.run(arguments, environment: .process, console: .process, times: .system).rawValue
}

/// The root of the commands.
struct BatchCtl: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "batchctl",
        abstract: "Submit work to batchd, watch it, and get its results.",
        discussion: """
            Exit codes: 0 ok, 1 error, 2 usage, 3 refused, 4 held: a person is needed, 5 try again, \
            6 daemon not reachable, 7 integrity failure, 8 ended with failed rows, \
            69 still running at --timeout, 130 interrupted.
            """,
        version: "batchctl \(batchdVersion)",
        subcommands: commands + [ArchiveCommand.self]
    )

    static let commands: [any OperatorCommand.Type] = [
        SubmitCommand.self, StatusCommand.self, ListCommand.self, ShowCommand.self, ExplainCommand.self,
        RowsCommand.self,
        WatchCommand.self, WaitCommand.self, PauseCommand.self, ResumeCommand.self, CancelCommand.self,
        RetryCommand.self, ReleaseCommand.self, FailCommand.self, ResultsCommand.self, AuditCommand.self,
        EventsCommand.self, DoctorCommand.self, BackupCommand.self,
    ]

    static var commandNames: [String] {
        configuration.subcommands.compactMap { $0.configuration.commandName }
    }

    static func run(
        _ arguments: [String], environment: [String: String], console: Console, times: Times
    ) async -> CommandExit {
        do {
            let arguments = try commandFirst(arguments)
            if let place = ManyIDs.place(in: arguments) {
                return try await ManyIDs.run(arguments, at: place) {
                    await run($0, environment: environment, console: console, times: times)
                }
            }
            var parsed = try parseAsRoot(arguments)
            guard let command = parsed as? any OperatorCommand else {
                // The parser's own commands, such as help, which end by throwing what to print.
                try parsed.run()
                return .ok
            }
            if let ended = try command.runWithoutDaemon() { return ended }
            let output = Output(options: command.options, environment: environment, console: console)
            let socket = command.options.socketPath(environment: environment)
            return try await DaemonClient.connect(
                to: socket, timeout: command.options.timeout?.duration
            ) { client in
                try await command.run(
                    in: Session(
                        client: client, output: output, times: times,
                        timeout: command.options.timeout?.duration))
            }
        } catch {
            return report(error, on: console)
        }
    }

    /// Moves options in front of the command behind it, where they are declared,
    /// and suggests a command for a mistyped one.
    static func commandFirst(_ arguments: [String]) throws -> [String] {
        var (words, rest) = try takeCommand(of: commandNames + ["help"], from: arguments, in: nil)
        if words == ["archive"], !rest.contains(where: ["--help", "-h"].contains) {
            let names = ArchiveCommand.configuration.subcommands.compactMap { $0.configuration.commandName }
            let (inner, others) = try takeCommand(of: names, from: rest, in: "archive")
            (words, rest) = (words + inner, others)
        }
        return words + rest
    }

    private static func takeCommand(
        of names: [String], from arguments: [String], in group: String?
    ) throws -> (words: [String], rest: [String]) {
        // The first word is the command, right or wrong; behind options it is the first that is one.
        let isFirst = arguments.first.map { !$0.hasPrefix("-") } ?? false
        if let place = arguments.firstIndex(where: names.contains), place == 0 || !isFirst {
            return ([arguments[place]], Array(arguments[..<place] + arguments[(place + 1)...]))
        }
        guard let first = arguments.first, !first.hasPrefix("-") else { return ([], arguments) }
        let unknown = UnknownCommand(first, in: group, of: "batchctl", among: names)
        throw Failure(.usage, unknown.message, hint: unknown.hint)
    }

    /// Says what went wrong, and answers the exit code for it.
    static func report(_ error: any Error, on console: Console) -> CommandExit {
        switch error {
        case is ReaderGone:
            return .ok
        case let failure as Failure:
            console.say("Error: \(failure.message)")
            if let hint = failure.hint { console.say(hint) }
            return failure.exit
        case let refusal as DaemonRefusal:
            return report(refusal.failure, on: console)
        default:
            // The parser's own errors, which include requests for help and completion scripts.
            let text = withNearest(fullMessage(for: error))
            guard exitCode(for: error) == .success else {
                console.say(text)
                return exitCode(for: error) == .validationFailure ? .usage : .error
            }
            return console.print(text) ? .ok : .error
        }
    }
}

extension BatchCtl {
    /// A message about a value that is none of those there are, and which one was meant.
    fileprivate static func withNearest(_ text: String) -> String {
        // The words stand on that line, or on lines of their own when they are many.
        guard
            let found = text.firstMatch(
                of:
                    /The value '([^'\n]*)' is invalid for [^\n]*Please provide one of ([^\n]*(?:\n  - [^\n]*)*)/
            )
        else { return text }
        let words = found.2.matches(of: /'([^'\n]*)'|\n  - ([^\n]*)/).compactMap { $0.1 ?? $0.2 }
        guard let near = nearest(to: String(found.1), among: words.map(String.init)) else {
            return text
        }
        let gap = found.2.contains("\n") ? "\n" : " "
        return text[..<found.range.upperBound] + "\(gap)Did you mean '\(near)'?"
            + text[found.range.upperBound...]
    }
}

/// Ends the process with 130 on Ctrl-C: a polite crash, since everything durable is the daemon's.
func exitOnInterrupt() {
    signal(SIGINT) { _ in
        // Only calls that a signal handler may make. The new line leaves a progress bar as it is.
        if isatty(STDERR_FILENO) == 1 { _ = write(STDERR_FILENO, "\n", 1) }
        _exit(CommandExit.interrupted.rawValue)
    }
}

extension [String: String] {
    /// The environment of this process.
    fileprivate static var process: Self {
        ["BATCHD_SOCKET", "NO_COLOR", "TERM"].reduce(into: [:]) { found, name in
            found[name] = getenv(name).map { String(cString: $0) }
        }
    }
}
