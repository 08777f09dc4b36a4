import ArgumentParser

/// `make bench`: each stage of the daemon beside its limit and its peer, in the same run, in turn.
@main
struct BatchBench: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "batchbench", abstract: "Measure the daemon against the limits of the machine.",
        subcommands: [Compare.self, Ladder.self, Contestant.self], defaultSubcommand: Compare.self)
}
