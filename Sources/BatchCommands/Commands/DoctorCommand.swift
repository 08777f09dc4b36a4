import ArgumentParser
import ControlAPI

struct DoctorCommand: OperatorCommand {
    static let configuration = CommandConfiguration(
        commandName: "doctor",
        abstract: "Look at all that the daemon stands on, and say what to do about it.",
        discussion: """
            Configuration, key files, folders, disk, socket, Stripe's API and its version, clock, read budget: \
            each is ok, or has a remedy. The daemon looks by itself; when none answers, batchd looks in its \
            place, as the user that you are.

            Exits 0 when nothing failed, else with the code of the first thing that did: 2 configuration, key \
            or folder, 5 disk or network, 6 no daemon answers, 1 anything else.

            Example: batchctl doctor
            Example: batchctl doctor --config ./batchd.yaml
            """)

    @Option(
        help: ArgumentHelp(
            "The configuration to look at, whether a daemon answers or not.", valueName: "file"))
    var config: String?

    @OptionGroup var options: GlobalOptions

    func runWithoutDaemon() throws -> CommandExit? {
        guard config != nil else { return nil }
        throw becomeDaemonProgram(arguments(socket: options.socket))
    }

    private func arguments(socket: String?) -> [String] {
        var arguments = ["doctor"]
        for (name, value) in [("--config", config), ("--socket", socket)] {
            if let value { arguments += [name, value] }
        }
        return options.output == .json ? arguments + ["--output", "json"] : arguments
    }

    func run(in session: Session) async throws -> CommandExit {
        let (client, output) = (session.client, session.output)
        let daemon: DaemonStatus
        do {
            daemon = try await client.get(Routes.status, as: Status.self).daemon
        } catch let failure as Failure where failure.exit == .unreachable {
            output.say("No daemon answers, so batchd looks by itself.")
            throw becomeDaemonProgram(arguments(socket: client.socket))
        }
        var report: DoctorReport = try await client.get(Routes.doctor, within: .patient)
        report.checks.append(socket(daemon, client))
        let now = report
        try output.show(now) { now.lines.map(\.painted) }
        return CommandExit(rawValue: now.exitCode) ?? .error
    }

    private func socket(_ daemon: DaemonStatus, _ client: DaemonClient) -> DoctorCheck {
        let found = "batchd \(daemon.version) (pid \(daemon.pid)) is \(daemon.state) at \(client.socket)."
        guard daemon.version != batchdVersion else { return DoctorCheck("socket", DoctorCheck.ok, found) }
        return DoctorCheck(
            "socket", DoctorCheck.warn, "\(found) This batchctl is \(batchdVersion).",
            remedy: "restart the daemon after an upgrade: systemctl restart batchd")
    }
}
