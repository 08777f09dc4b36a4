import ArgumentParser
import ControlAPI

struct ShowCommand: OperatorCommand {
    static let configuration = CommandConfiguration(
        commandName: "show",
        abstract: "Show all facts about a workload, a batch or a job.",
        discussion: """
            Example: batchctl show b34
            """)

    @Argument(help: "An id: a workload's (w12), a batch's (b34) or a job's (batchv2_…).")
    var id: String

    @OptionGroup var options: GlobalOptions

    func run(in session: Session) async throws -> CommandExit {
        let (client, output) = (session.client, session.output)
        let clockface = Clockface(now: session.times.now())
        let path = percentEncoded(id)
        switch try kind {
        case .workload:
            let workload: Workload = try await client.get(Routes.workload(path))
            try output.show(workload) { FactSheets.workload(workload, clockface).lines() }
        case .batch:
            let batch: Batch = try await client.get(Routes.batch(path))
            try output.show(batch) { FactSheets.batch(batch, clockface).lines() }
        case .job:
            let job: Job = try await client.get(Routes.job(path))
            try output.show(job) { FactSheets.job(job, clockface).lines() }
        }
        return .ok
    }

    enum Kind { case workload, batch, job }

    /// What the id's form says it names.
    var kind: Kind {
        get throws {
            if id.hasPrefix("batch") { return .job }
            let isNumbered = id.count > 1 && id.dropFirst().allSatisfy { $0.isASCII && $0.isNumber }
            if isNumbered, id.hasPrefix("w") { return .workload }
            if isNumbered, id.hasPrefix("b") { return .batch }
            throw Failure(.usage, "'\(id)' is no id.", hint: "Ids look like w12, b34 or batchv2_….")
        }
    }
}
