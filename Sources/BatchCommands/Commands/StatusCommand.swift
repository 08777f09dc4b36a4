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
        let workload: Workload = try await client.get(Routes.workload(percentEncoded(id)))
        let isPlain = output.isJSON || workload.batches.active == 0
        let batches: [Batch] = isPlain ? [] : try await client.list(Routes.batches, [.workload: id])
        let active = batches.filter { !["settled", "released"].contains($0.state) }
        let clockface = Clockface(now: session.times.now())
        try output.show(workload) {
            var lines = ProgressScreen(workload: workload, clockface: clockface).lines(
                width: output.width ?? 100)
            if let end = Follower.exit(for: workload), let message = Follower.message(for: workload, end) {
                lines.append([Cell(message)])
            }
            return active.isEmpty ? lines : lines + [[]] + output.lines(active, Tables.batches(clockface))
        }
    }
}
