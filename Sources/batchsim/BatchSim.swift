import ArgumentParser
import Foundation
import StripeSimulator

/// A local Stripe Batch Jobs API.
@main
struct BatchSim: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "batchsim",
        abstract: "A local server of Stripe's Batch Jobs API v2, for demos, tests and integrations.",
        discussion: """
            It needs no key and no network: any key that begins with sk_ or rk_ is accepted, rows are executed \
            against a world of its own, and time runs as fast as you like.
            """,
        subcommands: [ServeCommand.self, DemoCommand.self])

    static func main() async {
        // The parser takes a mistyped command for an argument too many.
        let names = configuration.subcommands.map { $0._commandName } + ["help"]
        if let first = CommandLine.arguments.dropFirst().first, !first.hasPrefix("-"), !names.contains(first)
        {
            let hint = Names.hint(first, known: names)
            FileHandle.standardError.write(Data("Error: There is no command '\(first)'.\(hint)\n".utf8))
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
            FileHandle.standardError.write(Data("\(fullMessage(for: error))\n".utf8))
            exit(withError: ExitCode(2))
        }
    }
}
