import ArgumentParser
import ControlAPI

struct ResultsCommand: OperatorCommand {
    static let configuration = CommandConfiguration(
        commandName: "results",
        abstract: "Print the final outcome of each row as JSON Lines.",
        discussion: """
            Each row comes once, however many attempts it took.

            Example: batchctl results w12 --state succeeded > done.jsonl
            """)

    @Argument(help: "A workload's id.")
    var workload: String

    @Option(help: "Only rows that ended so.")
    var state: Outcome?

    @Flag(help: "Add each row's input as it was submitted.")
    var input = false

    /// A row that is queued or in flight has no result yet.
    enum Outcome: String, CaseIterable, ExpressibleByArgument {
        case succeeded, failed, held, canceled
    }

    @OptionGroup var options: GlobalOptions

    func run(in session: Session) async throws -> CommandExit {
        try await session.client.stream(
            Routes.results(percentEncoded(workload)),
            [.state: state?.rawValue, .input: input ? "true" : nil], session.output.pass)
        return .ok
    }
}
