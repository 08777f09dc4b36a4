import ArgumentParser
import ControlAPI

struct AuditCommand: OperatorCommand {
    static let configuration = CommandConfiguration(
        commandName: "audit",
        abstract: "Derive every count again from the archive and the history, and compare.",
        discussion: """
            Audits one workload, or all of them. Exits 7 when anything differs.

            Example: batchctl audit w12
            """)

    @Argument(help: "A workload's id.")
    var workload: String?

    @OptionGroup var options: GlobalOptions

    func run(in session: Session) async throws -> CommandExit {
        let output = session.output
        let path = workload.map { Routes.audit(percentEncoded($0)) } ?? Routes.audit
        let report: AuditReport = try await session.client.get(path, within: .patient)
        try output.show(report) {
            let checks = report.checks.map { check in
                [
                    check.ok ? Cell("ok       ", .good) : Cell("DIFFERS  ", .bad),
                    Cell("\(check.name): \(check.detail)"),
                ]
            }
            let verdict =
                report.ok ? Cell("The audit holds", .good) : Cell("The audit found differences", .bad)
            return checks + [[verdict, Cell(" over \(Human.count(report.rows.total, "row")).")]]
        }
        return report.ok ? .ok : .integrity
    }
}
