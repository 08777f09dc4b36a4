import ArgumentParser
import ControlAPI

struct ArchiveCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "archive",
        abstract: "List, verify and read what Stripe returned, as it is kept.",
        discussion: """
            Example: batchctl archive list
            Example: batchctl archive verify
            """,
        subcommands: [ArchiveListCommand.self, ArchiveVerifyCommand.self, ArchiveGetCommand.self])
}

struct ArchiveListCommand: OperatorCommand {
    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "List the jobs in the archive, the oldest first.",
        discussion: """
            Example: batchctl archive list --workload w12 -o wide
            """)

    @Option(help: "Only what belongs to this workload.")
    var workload: String?

    @Option(help: "Only what belongs to this queue.")
    var queue: String?

    @OptionGroup var options: GlobalOptions

    func run(in session: Session) async throws -> CommandExit {
        let jobs: [ArchivedJob] = try await session.client.list(
            Routes.archive, [.workload: workload, .queue: queue])
        try session.output.show(jobs, Tables.archive(Clockface(now: session.times.now())))
        return .ok
    }
}

struct ArchiveVerifyCommand: OperatorCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify",
        abstract: "Read every file of the archive, and compare it with its manifest.",
        discussion: """
            Each difference comes with its file. Exits 7 when there is one. 'batchctl audit' also compares the \
            content with the rows.

            With --offline no daemon is asked: batchd reads the archive alone, a copy say, and changes nothing \
            in it.

            Example: batchctl archive verify w12
            Example: batchctl archive verify --offline --archive COPY/archive
            """)

    @Argument(help: "A workload's id. Default: all of them.")
    var workload: String?

    @Flag(help: "Read a copied archive, without a daemon.")
    var offline = false

    @Option(
        help: ArgumentHelp("With --offline: the configuration that names the archive.", valueName: "file"))
    var config: String?

    @Option(help: ArgumentHelp("With --offline: the archive.", valueName: "folder"))
    var archive: String?

    @OptionGroup var options: GlobalOptions

    func validate() throws {
        guard offline || (config ?? archive) == nil else {
            throw ValidationError("--config and --archive go with --offline.")
        }
    }

    /// The archive's form is the daemon's business, so `batchd` does the work: it takes this process's place.
    func runWithoutDaemon() throws -> CommandExit? {
        guard offline else { return nil }
        var arguments = ["verify"] + (workload.map { [$0] } ?? [])
        for (name, value) in [("--config", config), ("--archive", archive)] {
            if let value { arguments += [name, value] }
        }
        if options.output == .json { arguments += ["--output", "json"] }
        throw becomeDaemonProgram(arguments)
    }

    func run(in session: Session) async throws -> CommandExit {
        let report: ArchiveReport = try await session.client.get(
            Routes.verifyArchive, [.workload: workload], within: .patient)
        try session.output.show(report) { report.lines.map(\.painted) }
        return report.ok ? .ok : .integrity
    }
}

struct ArchiveGetCommand: OperatorCommand {
    static let configuration = CommandConfiguration(
        commandName: "get",
        abstract: "Write a job's results: every byte that Stripe returned.",
        discussion: """
            The file is compared with its manifest first. With --to, it appears whole or not at all.

            Example: batchctl archive get batchv2_1QabcDEF | jq .response.status
            Example: batchctl archive get batchv2_1QabcDEF --stored --to results.jsonl.zst
            """)

    @Argument(help: "A job's id (batchv2_…); 'batchctl archive list' names them.")
    var job: String

    @Flag(help: "As it is stored: compressed by zstd.")
    var stored = false

    @Option(help: ArgumentHelp("A new file, instead of standard output.", valueName: "file"))
    var to: String?

    @OptionGroup var options: GlobalOptions

    func run(in session: Session) async throws -> CommandExit {
        guard case .job = try IDKind(job) else {
            throw Failure(
                .usage, "'\(job)' is no job's id.", hint: "Jobs are in: batchctl archive list")
        }
        let (client, output) = (session.client, session.output)
        let path = Routes.archivedResults(percentEncoded(job))
        let query: DaemonClient.Query = [.stored: stored ? "true" : nil]
        guard let to else {
            guard !stored || !output.console.out.isTerminal else {
                throw Failure(
                    .usage, "Compressed results are nothing for a terminal.",
                    hint: "Name a file with --to, or leave --stored out.")
            }
            try await client.stream(path, query, output.pass)
            return .ok
        }
        let file = try NewFile(to)
        do {
            try await client.stream(path, query, file.write)
            try file.finish()
        } catch {
            file.giveUp()
            throw error
        }
        output.say("\(to): \(Human.bytes(file.size)).")
        return .ok
    }
}
