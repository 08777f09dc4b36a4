import FoundationEssentials
import NIOCore

/// Ids on standard input: a line each, as they are, or in the JSON Lines that `rows` and `list -o json` print.
enum InputNames {
    /// All of them, in order.
    static func read() async throws -> [String] {
        var names: [String] = []
        var splitter = LineSplitter()
        func take(_ line: [UInt8]) throws {
            // Ids have no spaces; a line end of another system is not part of one.
            let text = String(decoding: line.filter { $0 != UInt8(ascii: "\r") }, as: UTF8.self)
            if text.hasPrefix("{") {
                guard let named = try? JSONDecoder().decode(Named.self, from: Data(text.utf8)),
                    let name = named.row ?? named.id
                else {
                    throw Failure(
                        .usage,
                        "A line on standard input has no id: 'batchctl rows' and 'list -o json' print some.")
                }
                names.append(name)
            } else if !text.isEmpty {
                names.append(text)
            }
        }
        try await InputFile.withOpen("-") { file in
            for try await chunk in InputChunks(file: file, onProgress: { _ in }) {
                try splitter.feed(chunk, take)
            }
            try splitter.feed(ByteBuffer(string: "\n"), take)
        }
        return names
    }

    private struct Named: Decodable { let row: String?, id: String? }
}

/// Commands about one thing, run for each id on standard input.
enum ManyIDs {
    private static let commands: Set<String> = [
        "status", "show", "explain", "rows", "wait", "pause", "resume", "cancel", "retry", "results", "audit",
    ]

    /// Where `-` stands for the ids, if it does; other commands give it a meaning of their own.
    static func place(in arguments: [String]) -> Int? {
        guard let command = arguments.first,
            commands.contains(command) || arguments.starts(with: ["archive", "get"])
        else { return nil }
        return arguments.dropFirst().firstIndex(of: "-")
    }

    /// Runs the command for one id after the other, and answers how the first one ended that did not end well.
    static func run(
        _ arguments: [String], at place: Int, _ body: ([String]) async -> CommandExit
    ) async throws -> CommandExit {
        let names = try await InputNames.read()
        guard !names.isEmpty else { throw Failure(.usage, "There are no ids on standard input.") }
        var ended = CommandExit.ok
        for name in names {
            // What only looks like an option, or like standard input once more, is no id.
            guard !name.hasPrefix("-") else { throw Failure(.usage, "'\(Cell(name).text)' is no id.") }
            var words = arguments
            words[place] = name
            let exit = await body(words)
            if ended == .ok { ended = exit }
        }
        return ended
    }
}
