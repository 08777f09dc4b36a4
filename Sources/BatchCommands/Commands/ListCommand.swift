import ArgumentParser
import ControlAPI

struct ListCommand: OperatorCommand {
    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "List workloads, batches, jobs, deadlines or queues.",
        discussion: """
            Example: batchctl list workloads --state held
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

    @Flag(name: .short, help: "More columns, as -o wide.")
    var wide = false

    @OptionGroup var options: GlobalOptions

    func validate() throws {
        if let state, kind == .workloads, WorkloadState(rawValue: state) == nil {
            let states = WorkloadState.allCases.map(\.rawValue)
            let nearest = Nearness.nearest(to: state, among: states).map { " Did you mean '\($0)'?" } ?? ""
            throw ValidationError(
                "A workload is never '\(state)'.\(nearest) States: \(states.joined(separator: ", ")).")
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
        let client = session.client
        var output = session.output
        if wide, !output.isJSON { output.format = .wide }
        let query: DaemonClient.Query = [.state: state, .queue: queue, .workload: workload]
        let clockface = Clockface(now: session.times.now())
        switch kind {
        case .workloads:
            try output.show(await client.list(Routes.workloads, query), Tables.workloads(clockface))
        case .batches: try output.show(await client.list(Routes.batches, query), Tables.batches(clockface))
        case .jobs: try output.show(await client.list(Routes.jobs, query), Tables.jobs(clockface))
        case .deadlines:
            try output.show(await client.list(Routes.deadlines, query), Tables.deadlines(clockface))
        case .queues: try output.show(await client.list(Routes.queues, query), Tables.queues(clockface))
        }
        return .ok
    }
}
