import ArgumentParser

/// The options that every command takes.
struct GlobalOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "The daemon's socket (default: $BATCHD_SOCKET, else \(Self.defaultSocket)).", valueName: "path"))
    var socket: String?

    @Option(
        help: ArgumentHelp(
            "Give up after this long, for example 30s, 5m or 1h (default: 30s for an answer; no limit for submit, watch, wait and audit).",
            valueName: "duration"))
    var timeout: Span?

    @Option(
        name: [.customShort("o"), .customLong("output")],
        help: ArgumentHelp("How to print.", valueName: "format"))
    var output: OutputFormat = .table

    @Flag(help: "Print without colour, as $NO_COLOR does.")
    var noColor = false

    static let defaultSocket = "/run/batchd/batchd.sock"

    /// Where the daemon listens.
    func socketPath(environment: [String: String]) -> String {
        if let socket { return socket }
        guard let path = environment["BATCHD_SOCKET"], !path.isEmpty else { return Self.defaultSocket }
        return path
    }
}

/// How data is printed.
enum OutputFormat: String, CaseIterable, ExpressibleByArgument {
    case table, wide, json
}

/// A length of time as it is written in the configuration: `30s`, `5m`, `1h`, `7d`.
struct Span: Hashable, Sendable, ExpressibleByArgument {
    var duration: Duration

    init?(argument: String) {
        let seconds: [Character: Int] = ["s": 1, "m": 60, "h": 3600, "d": 86_400]
        guard
            let unit = argument.last.flatMap({ seconds[$0] }), let count = Int(argument.dropLast()),
            count >= 0, count <= 1_000_000
        else { return nil }
        duration = .seconds(count * unit)
    }

    var defaultValueDescription: String { "\(duration)" }
}
