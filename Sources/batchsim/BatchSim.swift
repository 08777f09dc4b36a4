import ArgumentParser

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
}
