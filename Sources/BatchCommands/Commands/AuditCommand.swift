import ArgumentParser
import ControlAPI

struct AuditCommand: OperatorCommand {
    static let configuration = CommandConfiguration(
        commandName: "audit",
        abstract: "Derive every count again from the archive and the history, and compare.",
        discussion: """
            Audits one workload, or all of them. Exits 7 when anything differs.

            With --offline no daemon is asked: batchd reads a stopped or copied state directory and archive, \
            and changes nothing in them.

            Example: batchctl audit w12
            Example: batchctl audit --offline --state COPY/state --archive COPY/archive
            """)

    @Argument(help: "A workload's id.")
    var workload: String?

    @Flag(help: "Read a copied or stopped state directory and archive, without a daemon.")
    var offline = false

    @Option(help: ArgumentHelp("With --offline: the configuration that names both.", valueName: "file"))
    var config: String?

    @Option(help: ArgumentHelp("With --offline: the state directory.", valueName: "folder"))
    var state: String?

    @Option(help: ArgumentHelp("With --offline: the archive that goes with it.", valueName: "folder"))
    var archive: String?

    @OptionGroup var options: GlobalOptions

    func validate() throws {
        guard offline || (config ?? state ?? archive) == nil else {
            throw ValidationError("--config, --state and --archive go with --offline.")
        }
    }

    /// The database is the daemon's business, so `batchd` does the work: it takes this process's place.
    func runWithoutDaemon() throws -> CommandExit? {
        guard offline else { return nil }
        var arguments = ["audit"] + (workload.map { [$0] } ?? [])
        for (name, value) in [("--config", config), ("--state", state), ("--archive", archive)] {
            if let value { arguments += [name, value] }
        }
        if options.output == .json { arguments += ["--output", "json"] }
        throw becomeDaemonProgram(arguments)
    }

    func run(in session: Session) async throws -> CommandExit {
        let output = session.output
        let path = workload.map { Routes.audit(percentEncoded($0)) } ?? Routes.audit
        let report: AuditReport = try await session.client.get(path, within: .patient)
        try output.show(report) { report.lines.map(\.painted) }
        return report.ok ? .ok : .integrity
    }
}

extension AuditReport.Line {
    /// The line as it stands on the screen.
    var painted: Line {
        [Cell(head, mark.map { $0 ? .good : .bad } ?? .plain), Cell(rest)]
    }
}
