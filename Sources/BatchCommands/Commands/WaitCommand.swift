import ArgumentParser
import ControlAPI

struct WaitCommand: OperatorCommand {
    static let configuration = CommandConfiguration(
        commandName: "wait",
        abstract: "Wait silently until a workload ends.",
        discussion: """
            Exits 0 when all went well, 8 when rows failed, 4 when it is held, 69 when it still runs at \
            --timeout.

            Example: batchctl wait w12 --timeout 1h && echo done
            """)

    @Argument(help: "A workload's id.")
    var workload: String

    @OptionGroup var options: GlobalOptions

    func run(in session: Session) async throws -> CommandExit {
        let end = try await Follower(session: session).follow(workload, every: .seconds(1)) { _, _ in }
        if session.output.isJSON { try session.output.show(end.workload) { [] } }
        if let message = Follower.message(for: end.workload, end.exit) { session.output.say(message) }
        return end.exit
    }
}
