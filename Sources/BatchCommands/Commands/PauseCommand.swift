import ArgumentParser
import ControlAPI
import FoundationEssentials

/// What `pause` and `resume` are about.
enum PauseTarget: ExpressibleByArgument, Hashable {
    case all
    case workload(String)
    case queue(String)

    init(argument: String) {
        let digits = argument.dropFirst()
        if argument.uppercased() == "ALL" {
            self = .all
        } else if argument.hasPrefix("w"), !digits.isEmpty, digits.allSatisfy(\.isNumber) {
            self = .workload(argument)
        } else {
            self = .queue(argument)
        }
    }
}

/// The end of a pause, as a person gives it: `2h` from now, or a moment.
enum Until: ExpressibleByArgument, Hashable {
    case span(Span)
    case moment(String)

    init?(argument: String) {
        if let span = Span(argument: argument) {
            self = .span(span)
        } else if (try? Date(argument, strategy: .iso8601)) != nil {
            self = .moment(argument)
        } else {
            return nil
        }
    }

    /// RFC 3339.
    func moment(at now: Date) -> String {
        switch self {
        case .moment(let text): text
        case .span(let span):
            now.addingTimeInterval(Double(span.duration.components.seconds)).formatted(.iso8601)
        }
    }
}

struct PauseCommand: OperatorCommand {
    static let configuration = CommandConfiguration(
        commandName: "pause",
        abstract: "Begin no new job for a workload, a queue, or at all.",
        discussion: """
            Jobs that run go on to their end, and their results are archived and settled. A pause survives a \
            restart.

            Example: batchctl pause w12 --reason 'asked by billing'
            Example: batchctl pause update-customers --until 2h
            Example: batchctl pause ALL --until 2026-03-09T06:00:00Z
            """)

    @Argument(help: "A workload's id, a queue's name, or ALL.")
    var target: PauseTarget

    @Option(help: "Why, for those who find it.")
    var reason: String?

    @Option(
        help: ArgumentHelp(
            "When it ends by itself: 30m, 2h, 1d, or a time such as 2026-03-09T06:00:00Z. Without it: at 'resume'.",
            valueName: "time"))
    var until: Until?

    @OptionGroup var options: GlobalOptions

    func run(in session: Session) async throws -> CommandExit {
        let moment = until?.moment(at: session.times.now())
        let query: DaemonClient.Query = [.reason: reason, .until: moment]
        let clockface = Clockface(now: session.times.now())
        let end = moment.map { " until \(clockface.both($0))" } ?? ""
        switch target {
        case .all:
            let after: Status = try await session.client.post(Routes.pauseAll, query)
            if session.output.isJSON { try session.output.show(after) { [] } }
            session.output.say("Everything is paused\(end). Let it go on: batchctl resume ALL")
        case .queue(let name):
            let after: Queue = try await session.client.post(Routes.pauseQueue(percentEncoded(name)), query)
            if session.output.isJSON { try session.output.show(after) { [] } }
            session.output.say(
                "\(after.name) is paused\(end).\(running(after.jobs.active)) Let it go on: batchctl resume \(after.name)"
            )
        case .workload(let id):
            let after: Workload = try await session.client.post(Routes.pause(percentEncoded(id)), query)
            if session.output.isJSON { try session.output.show(after) { [] } }
            session.output.say(
                "\(after.id) is paused\(end)."
                    + (after.rows.inFlight > 0
                        ? " \(Human.count(after.rows.inFlight, "row")) in flight will be settled." : "")
                    + " Let it go on: batchctl resume \(after.id)")
        }
        return .ok
    }

    private func running(_ jobs: Int) -> String {
        jobs > 0 ? " \(Human.count(jobs, "job")) will go on to the end." : ""
    }
}

struct ResumeCommand: OperatorCommand {
    static let configuration = CommandConfiguration(
        commandName: "resume",
        abstract: "Let a workload, a queue, or everything go on.",
        discussion: """
            Ends a pause, and the hold of a workload that is held as a whole: mend its cause first. Held rows \
            are decided with 'release' and 'fail'.

            Example: batchctl resume w12
            Example: batchctl resume ALL
            """)

    @Argument(help: "A workload's id, a queue's name, or ALL.")
    var target: PauseTarget

    @OptionGroup var confirmation: Confirmation
    @OptionGroup var options: GlobalOptions

    func run(in session: Session) async throws -> CommandExit {
        switch target {
        case .all:
            let after: Status = try await session.client.post(Routes.resumeAll)
            if session.output.isJSON { try session.output.show(after) { [] } }
            let rest = after.paused.map(\.what).joined(separator: ", ")
            session.output.say(
                "Everything goes on." + (rest.isEmpty ? "" : " Still paused by themselves: \(rest)."))
        case .queue(let name):
            let after: Queue = try await session.client.post(Routes.resumeQueue(percentEncoded(name)))
            if session.output.isJSON { try session.output.show(after) { [] } }
            session.output.say("\(after.name) is \(after.state)\(after.reason.map { " (\($0))" } ?? "").")
        case .workload(let id):
            let after = try await confirmation.confirmed(id, to: "let it go on", in: session) { name in
                try await session.client.post(
                    Routes.resume(percentEncoded(id)), [.confirm: name], as: Workload.self)
            }
            if session.output.isJSON { try session.output.show(after) { [] } }
            session.output.say("\(after.id) is \(after.state)." + (after.hint.map { " \($0)" } ?? ""))
        }
        return .ok
    }
}
