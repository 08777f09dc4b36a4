import ArgumentParser
import ControlAPI

struct ListCommand: OperatorCommand {
    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "List workloads, batches, jobs, deadlines or queues.",
        discussion: """
            With -w the list is drawn anew every two seconds on a terminal, until Ctrl-C; elsewhere a line follows \
            for each change. More columns: -o wide.

            Example: batchctl list workloads --state held
            Example: batchctl list jobs -w
            """)

    enum Kind: String, CaseIterable, ExpressibleByArgument {
        case workloads, batches, jobs, deadlines, queues
    }

    @Argument(help: "What to list.")
    var kind: Kind

    @Option(help: "Only what is in this state.")
    var state: String?

    @Option(help: "Only what belongs to this queue.")
    var queue: String?

    @Option(help: "Only what belongs to this workload.")
    var workload: String?

    @Flag(name: .shortAndLong, help: "Go on, and show what changes.")
    var watch = false

    @OptionGroup var options: GlobalOptions

    func validate() throws {
        if let state, kind == .workloads, WorkloadState(rawValue: state) == nil {
            let states = WorkloadState.allCases.map(\.rawValue)
            let near = nearest(to: state, among: states).map { " Did you mean '\($0)'?" } ?? ""
            throw ValidationError(
                "A workload is never '\(state)'.\(near) States: \(states.joined(separator: ", ")).")
        }
        let unfit =
            switch kind {
            case .workloads: workload == nil ? nil : "--workload"
            case .batches, .jobs: nil as String?
            case .deadlines: state == nil ? nil : "--state"
            case .queues: queue != nil ? "--queue" : workload != nil ? "--workload" : nil
            }
        if let unfit { throw ValidationError("'list \(kind.rawValue)' does not take \(unfit).") }
    }

    func run(in session: Session) async throws -> CommandExit {
        switch kind {
        case .workloads: try await show(Routes.workloads, in: session) { Tables.workloads($0) }
        case .batches: try await show(Routes.batches, in: session) { Tables.batches($0) }
        case .jobs: try await show(Routes.jobs, in: session) { Tables.jobs($0) }
        case .deadlines: try await show(Routes.deadlines, in: session) { Tables.deadlines($0) }
        case .queues: try await show(Routes.queues, in: session) { Tables.queues($0) }
        }
        return .ok
    }

    private func show<Value: Listed>(
        _ path: String, in session: Session, as table: (Clockface) -> Table<Value>
    ) async throws {
        let query: DaemonClient.Query = [.state: state, .queue: queue, .workload: workload]
        guard watch else {
            let values: [Value] = try await session.client.list(path, query)
            let table = table(Clockface(now: session.times.now()))
            guard values.isEmpty, !session.output.isJSON else {
                return try session.output.show(values, table)
            }
            let conditions = query.compactMap { name, value in
                value.map { " --\(name.rawValue) \(Cell($0).text)" }
            }
            let limits = conditions.isEmpty ? "" : " with\(conditions.joined())"
            return session.output.say("No \(table.noun)\(limits).")
        }
        var live = LiveList<Value>(output: session.output)
        if live.isLive { try session.output.console.out.write("\u{1B}[2J") }
        try await Patience(session: session).repeating(every: .seconds(2)) {
            let values: [Value] = try await session.client.list(path, query)
            let clockface = Clockface(now: session.times.now())
            try live.update(values, table(clockface), at: clockface.time)
        }
    }
}
