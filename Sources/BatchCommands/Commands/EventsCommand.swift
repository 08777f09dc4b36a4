import ArgumentParser
import ControlAPI
import FoundationEssentials
import NIOCore

struct EventsCommand: OperatorCommand {
    static let configuration = CommandConfiguration(
        commandName: "events",
        abstract: "Print the history of everything, or of one workload, batch or job.",
        discussion: """
            With -f it goes on with events as they come, until Ctrl-C (exit 130) or until the daemon stops.

            Example: batchctl events w12 --since 1200
            Example: batchctl events -f -o json | jq .kind
            """)

    @Argument(help: "A workload's, batch's or job's id.")
    var id: String?

    @Flag(name: .shortAndLong, help: "Go on with events as they come.")
    var follow = false

    @Option(help: "Only events after this sequence number.")
    var since: Int?

    @OptionGroup var options: GlobalOptions

    func validate() throws {
        if let since, since < 0 {
            throw ValidationError("--since is 0 or more: the number in front of an event.")
        }
    }

    func run(in session: Session) async throws -> CommandExit {
        if let id { _ = try IDKind(id) }
        let output = session.output
        var lines = LineSplitter()
        var last = since ?? 0
        let query: DaemonClient.Query = [
            .id: id, .since: since.map { "\($0)" }, .follow: follow ? "true" : nil,
        ]
        do {
            try await session.client.stream(Routes.events, query) { chunk in
                try lines.feed(chunk) { line in
                    let event = try JSONDecoder().decode(Event.self, from: Data(line))
                    last = event.seq
                    // Members that only a newer daemon knows are passed on as well.
                    if output.isJSON {
                        return try output.pass(ByteBuffer(bytes: line + [UInt8(ascii: "\n")]))
                    }
                    let clockface = Clockface(now: session.times.now())
                    // Whole: who did it and until when results last must not be cut off.
                    try output.show([
                        Self.line(
                            event, clockface, isWide: output.format == .wide || (output.width ?? 200) > 150)
                    ])
                }
            }
        } catch let failure as Failure where follow && failure.exit == .temporary {
            throw Failure(failure.exit, failure.message, hint: "Go on with: \(again(after: last))")
        }
        if follow { output.say("The daemon stopped. Go on with: \(again(after: last))") }
        return .ok
    }

    private func again(after seq: Int) -> String {
        "batchctl events -f\(id.map { " \($0)" } ?? "") --since \(seq)"
    }

    private static func line(_ event: Event, _ clockface: Clockface, isWide: Bool) -> Line {
        // The job of a batch is in 'show', and too long for a narrow screen.
        let subject = [event.batch ?? event.workload, by(event)].compactMap(\.self).joined(separator: " ")
        return [
            Cell("\(event.seq)  \(clockface.absolute(event.at))  ", .dim), Cell(event.kind),
            Cell("  \(subject)", .dim),
            Cell(isWide ? event.job.map { "  \($0)" } ?? "" : "", .dim),
            Cell("  \(event.message)"),
        ]
    }

    /// Who asked for it, if somebody did.
    private static func by(_ event: Event) -> String? {
        event.uid.map { "by \(event.user ?? "uid \($0)")" }
    }
}
