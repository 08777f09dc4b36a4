import ArgumentParser
import ControlAPI

struct StatusCommand: OperatorCommand {
    static let configuration = CommandConfiguration(
        commandName: "status",
        abstract: "Show on one screen what the daemon does and what it waits for.",
        discussion: """
            With a workload, shows how far that one is, and its batches that are under way.

            Example: batchctl status w12
            """)

    @Argument(help: "A workload's id.")
    var workload: String?

    @OptionGroup var options: GlobalOptions

    func run(in session: Session) async throws -> CommandExit {
        if let workload {
            try await show(workload, in: session)
        } else {
            let status: Status = try await session.client.get(Routes.status)
            let clockface = Clockface(now: session.times.now())
            try session.output.show(status) {
                StatusScreen(status: status, clockface: clockface, output: session.output).lines()
            }
        }
        return .ok
    }

    private func show(_ id: String, in session: Session) async throws {
        let (client, output) = (session.client, session.output)
        guard case .workload = try IDKind(id) else {
            throw Failure(
                .usage, "'\(id)' is no workload's id.", hint: "For batches and jobs: batchctl show \(id)")
        }
        let path = percentEncoded(id)
        let workload: Workload = try await client.get(Routes.workload(path))
        guard !output.isJSON else { return try output.show(workload) { [] } }
        let isActive = workload.batches.active > 0
        let screen = WorkloadScreen(
            workload: workload, explanation: try await client.get(Routes.explain(path)),
            batches: isActive ? try await client.list(Routes.batches, [.workload: id]) : [],
            deadlines: isActive ? try await client.list(Routes.deadlines, [.workload: id]) : [],
            clockface: Clockface(now: session.times.now()), output: output)
        try output.show(screen.lines())
    }
}
