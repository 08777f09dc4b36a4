import ArgumentParser

/// A subcommand of `batchctl`: it is handed all it needs, and answers how it ended.
protocol OperatorCommand: ParsableCommand {
    var options: GlobalOptions { get }
    func run(in session: Session) async throws -> CommandExit
}

/// What a command works with.
struct Session: Sendable {
    let client: DaemonClient
    let output: Output
    let times: Times
    /// The limit that `--timeout` set, if any.
    let timeout: Duration?
}
