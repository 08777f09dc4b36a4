import ArgumentParser
import ControlAPI

struct RowsCommand: OperatorCommand {
    static let configuration = CommandConfiguration(
        commandName: "rows",
        abstract: "Print a workload's rows as JSON Lines, failed ones with their error.",
        discussion: """
            Each line carries the row's state, its error, and its input as it was submitted.

            Example: batchctl rows w12 --state failed --code resource_missing
            """)

    @Argument(help: "A workload's id.")
    var workload: String

    @Option(help: "Only rows in this state.")
    var state: RowState?

    @Option(help: "Only rows that failed with this error code.")
    var code: String?

    @OptionGroup var options: GlobalOptions

    func run(in session: Session) async throws -> CommandExit {
        try await session.client.stream(
            Routes.rows(percentEncoded(workload)), [.state: state?.rawValue, .code: code], session.output.pass
        )
        return .ok
    }
}

extension RowState: ExpressibleByArgument {}
