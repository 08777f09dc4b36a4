import ArgumentParser
import ControlAPI

struct ExplainCommand: OperatorCommand {
    static let configuration = CommandConfiguration(
        commandName: "explain",
        abstract: "Say why something is in its state, what happens next, and what would change it.",
        discussion: """
            Example: batchctl explain w12
            Example: batchctl explain w12 r-000001
            Example: batchctl explain b34
            """)

    @Argument(help: "An id: a workload's (w12), a batch's (b34) or a job's (batchv2_…).")
    var id: String

    @Argument(help: "A row's id, behind its workload's.")
    var row: String?

    @OptionGroup var options: GlobalOptions

    func run(in session: Session) async throws -> CommandExit {
        let kind = try IDKind(id)
        guard row == nil || kind == .workload else {
            throw Failure(
                .usage, "A row stands behind its workload's id.", hint: "Example: batchctl explain w12 r-7")
        }
        let path = percentEncoded(id)
        let explanation: Explanation =
            switch kind {
            case .workload: try await session.client.get(Routes.explain(path), [.row: row])
            case .batch: try await session.client.get(Routes.explainBatch(path))
            case .job: try await session.client.get(Routes.explainJob(path))
            }
        try session.output.show(explanation) {
            ExplainScreen.lines(explanation, Clockface(now: session.times.now()))
        }
        return .ok
    }
}
