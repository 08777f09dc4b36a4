import ArgumentParser
import ControlAPI

struct CancelCommand: OperatorCommand {
    static let configuration = CommandConfiguration(
        commandName: "cancel",
        abstract: "Cancel a workload: start no new job for it.",
        discussion: """
            Running jobs end by themselves, or at once with --now; their results count and are archived \
            either way. Rows that have not run are canceled.

            Example: batchctl cancel w12 --now
            """)

    @Argument(help: "A workload's id.")
    var workload: String

    @Flag(help: "Also cancel the running jobs.")
    var now = false

    @OptionGroup var confirmation: Confirmation
    @OptionGroup var options: GlobalOptions

    func run(in session: Session) async throws -> CommandExit {
        let after = try await confirmation.confirmed(workload, to: "cancel it", in: session) { name in
            try await session.client.post(
                Routes.cancel(percentEncoded(workload)), [.now: now ? "true" : nil, .confirm: name],
                as: Workload.self)
        }
        if session.output.isJSON { try session.output.show(after) { [] } }
        let canceled = "\(after.id): \(Human.count(after.rows.canceled, "row")) canceled"
        let isOver = after.knownState == .canceled
        let left = [(after.rows.inFlight, "in flight"), (after.rows.queued, "to be canceled")]
            .filter { $0.0 > 0 && !isOver }.map { "\(Human.count($0.0)) still \($0.1)" }
        session.output.say(
            left.isEmpty
                ? "\(canceled)."
                : "\(canceled), \(left.joined(separator: ", ")). Follow: batchctl watch \(after.id)")
        return .ok
    }
}
