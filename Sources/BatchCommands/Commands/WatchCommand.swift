import ArgumentParser
import ControlAPI

struct WatchCommand: OperatorCommand {
    static let configuration = CommandConfiguration(
        commandName: "watch",
        abstract: "Show a workload's progress until it ends.",
        discussion: """
            Draws a progress bar on a terminal, else prints a line for each change. Ctrl-C stops \
            watching; the work goes on. Exits 0 when all went well, 8 when rows failed, 4 when it is \
            held, 69 when it still runs at --timeout.

            Example: batchctl watch w12
            """)

    @Argument(help: "A workload's id.")
    var workload: String

    @OptionGroup var options: GlobalOptions

    func run(in session: Session) async throws -> CommandExit {
        try await Self.watch(workload, in: session, asData: true)
    }

    /// Shows progress on standard output when it is the command's data, else on standard error.
    static func watch(_ id: String, in session: Session, asData: Bool) async throws -> CommandExit {
        var progress = LiveProgress(output: session.output, asData: asData)
        let pause: Duration = progress.isLive ? .milliseconds(250) : .seconds(1)
        var isFirst = true
        let end = try await Follower(session: session).follow(
            id, every: pause,
            onAway: { progress.beginAnew() },
            onLook: { workload, isLast in
                // A bar that stands still should say why, at least once.
                if isFirst, !isLast, let hint = workload.hint { session.output.say(hint) }
                isFirst = false
                try progress.update(workload, times: session.times, isLast: isLast)
            })
        if let message = Follower.message(for: end.workload, end.exit) { session.output.say(message) }
        return end.exit
    }
}
