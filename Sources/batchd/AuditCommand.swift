import ArgumentParser
import BatchDaemon
import ControlAPI

/// `batchd audit`: what `batchctl audit --offline` runs.
struct Audit: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Checks a copied state directory and archive, without a daemon.",
        discussion: """
            Derives every count anew from the archive and the history, as 'batchctl audit' does, and changes \
            nothing. Copy batchd.db together with batchd.db-wal, or stop the daemon first.

            Exit codes: 0 it holds, 1 it cannot be read, 2 usage, 3 a daemon is at work on it, 7 differences.
            """)

    @Argument(help: "A workload's id. Default: all of them.")
    var workload: String?

    @OptionGroup var location: ConfigurationOption

    @Option(help: "The state directory, instead of a configuration.")
    var state: String?

    @Option(help: "The archive that goes with it.")
    var archive: String?

    @Option(name: .shortAndLong, help: "How to print.")
    var output = OutputFormat.table

    func validate() throws {
        guard (state == nil) == (archive == nil) else {
            throw ValidationError("--state and --archive go together: name both folders.")
        }
        guard state == nil || location.config == nil else {
            throw ValidationError("Name the configuration, or the two folders, not both.")
        }
    }

    func run() throws {
        let report: AuditReport
        do {
            if let state, let archive {
                report = try OfflineAudit(state: state, archive: archive).run(workload: workload)
            } else {
                report = try OfflineAudit(try location.load()).run(workload: workload)
            }
        } catch let code as ExitCode {
            throw code
        } catch StateLockError.taken(let directory, let owner) {
            printError("Error: batchd (\(owner)) is at work on \(directory).")
            printError("Ask it: 'batchctl audit'. Or stop it, or audit a copy.")
            throw ExitCode(DaemonExit.refused.rawValue)
        } catch {
            printError("Error: \(error)")
            throw ExitCode(DaemonExit(error).rawValue)
        }
        try print(report)
        guard report.ok else { throw ExitCode(DaemonExit.integrity.rawValue) }
    }

    private func print(_ report: AuditReport) throws {
        switch output {
        case .json: Swift.print(try jsonLine(report))
        case .table: for line in report.lines { Swift.print(line.text) }
        }
    }
}
