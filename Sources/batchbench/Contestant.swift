import ArgumentParser
import Env
import Glibc

/// One contestant, in a process of its own. `Compare` runs these; they print what they measured.
struct Contestant: AsyncParsableCommand {
    enum Name: String, ExpressibleByArgument {
        case data, pipeline, obvious, ours, named, hashed, copy, compress, client, watching, serve
    }

    static let configuration = CommandConfiguration(commandName: "contestant", shouldDisplay: false)

    @Argument var name: Name
    @Option var rows = 0
    @Option var order = TestData.Order.random
    @Option(help: "Where the test data lies.") var data: String
    @Option(help: "Where the contestant works.") var folder: String
    @Option var server = ""

    func run() async throws {
        // As the daemon does.
        Memory.shareHeaps()
        let data = TestData(rows: rows, order: order, folder: data)
        switch name {
        case .data: try data.write()
        case .pipeline: try Child.report(try await Pipeline(data: data, folder: folder, server: server).run())
        case .obvious: try Child.report(try Loop.obvious.run(data, in: folder))
        case .ours: try Child.report(try Loop.ours.run(data, in: folder))
        case .named: try Child.report(try Loop.named.run(data, in: folder))
        case .hashed: try Child.report(try Loop.hashed.run(data, in: folder))
        case .copy: try Child.report([try Limit.copy(data.input, to: "\(folder)/copy", rows: rows)])
        case .compress: try Child.report([try Limit.compress(data.results, to: "\(folder)/zst", rows: rows)])
        case .client: try Child.report(try await Transfer.client(data, server: server))
        case .watching:
            try Child.report(try await Watching(data: data, folder: folder).run())
            // No good-bye: the next start finds what `kill -9` leaves.
            fflush(nil)
            _exit(0)
        case .serve: try Transfer.serve(data.results, announcement: "\(folder)/port")
        }
    }
}

extension TestData.Order: ExpressibleByArgument {}
