import ArgumentParser
import ControlAPI
import FoundationEssentials

struct EventsCommand: OperatorCommand {
    static let configuration = CommandConfiguration(
        commandName: "events",
        abstract: "Print the history of everything, or of one workload, batch or job.",
        discussion: """
            Example: batchctl events w12 --since 1200
            """)

    @Argument(help: "A workload's, batch's or job's id.")
    var id: String?

    @Option(help: "Only events after this sequence number.")
    var since: Int?

    @OptionGroup var options: GlobalOptions

    func run(in session: Session) async throws -> CommandExit {
        let output = session.output
        let clockface = Clockface(now: session.times.now())
        var lines = LineSplitter()
        try await session.client.stream(Routes.events, [.id: id, .since: since.map { "\($0)" }]) { chunk in
            guard !output.isJSON else { return try output.pass(chunk) }
            try lines.feed(chunk) { line in
                let event = try JSONDecoder().decode(Event.self, from: Data(line))
                try output.showNext(event) { Self.line(event, clockface) }
            }
        }
        return .ok
    }

    private static func line(_ event: Event, _ clockface: Clockface) -> Line {
        let subject = event.job ?? event.batch ?? event.workload ?? ""
        return [
            Cell("\(event.seq)  \(clockface.absolute(event.at))  ", .dim), Cell(event.kind),
            Cell("  \(subject)", .dim),
            Cell("  \(event.message)"),
        ]
    }
}
