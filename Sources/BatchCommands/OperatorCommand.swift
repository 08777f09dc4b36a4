import ArgumentParser

/// A subcommand of `batchctl`: it is handed all it needs, and answers how it ended.
protocol OperatorCommand: ParsableCommand {
    var options: GlobalOptions { get }
    /// Does what needs no daemon; nil when `run(in:)` is to be called.
    func runWithoutDaemon() throws -> CommandExit?
    func run(in session: Session) async throws -> CommandExit
}

extension OperatorCommand {
    func runWithoutDaemon() throws -> CommandExit? { nil }
}

/// What a command works with.
struct Session: Sendable {
    let client: DaemonClient
    let output: Output
    let times: Times
    /// The limit that `--timeout` set, if any.
    let timeout: Duration?
}
