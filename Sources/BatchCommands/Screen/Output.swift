import FoundationEssentials
import NIOCore

/// Prints what commands have to say: the one place that knows tables, JSON, colour and width.
struct Output: Sendable {
    var format: OutputFormat
    let console: Console
    /// Colour, on standard output and on standard error.
    let colour: (out: Bool, err: Bool)

    init(options: GlobalOptions, environment: [String: String], console: Console) {
        let refused =
            options.noColor || !(environment["NO_COLOR"] ?? "").isEmpty || environment["TERM"] == "dumb"
        self.format = options.output
        self.console = console
        self.colour = (!refused && console.out.isTerminal, !refused && console.err.isTerminal)
    }

    var isJSON: Bool { format == .json }
    /// The terminal's width; nil when standard output is none.
    var width: Int? { console.out.columns() }

    /// One thing: a JSON document, or the screen that `lines` draws.
    func show(_ document: some Encodable, _ lines: () -> [Line]) throws {
        if isJSON {
            try console.out.write(try json(document, pretty: console.out.isTerminal) + "\n")
        } else {
            try show(lines())
        }
    }

    /// Many things: JSON Lines, or a table.
    func show<Value: Encodable>(_ values: [Value], _ table: Table<Value>) throws {
        if isJSON {
            try console.out.write(values.map { try json($0) + "\n" }.joined())
        } else if values.isEmpty {
            say("No \(table.noun).")
        } else {
            try show(lines(values, table))
        }
    }

    /// One of a stream of things: a JSON line, or the line of the screen.
    func showNext(_ value: some Encodable, _ line: () -> Line) throws {
        if isJSON {
            try console.out.write(try json(value) + "\n")
        } else {
            try show([line().cut(to: width)])
        }
    }

    func lines<Value>(_ values: [Value], _ table: Table<Value>) -> [Line] {
        table.lines(values, width: width, wide: format == .wide)
    }

    /// Data that is printed as it comes.
    func pass(_ chunk: ByteBuffer) throws {
        try chunk.withUnsafeReadableBytes(console.out.writeBytes)
    }

    /// A message for people.
    func say(_ message: String) {
        console.say(message)
    }

    /// Lines for people, as they are: what is too wide is broken between words.
    func show(_ lines: [Line]) throws {
        // Tables fit already: what is too wide here is a sentence.
        let fitting = lines.flatMap { $0.wrapped(to: format == .wide ? nil : width) }
        try console.out.write(fitting.map { $0.painted(colour.out) + "\n" }.joined())
    }

    private func json(_ value: some Encodable, pretty: Bool = false) throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        if pretty { encoder.outputFormatting.insert(.prettyPrinted) }
        return String(decoding: try encoder.encode(value), as: UTF8.self)
    }
}
