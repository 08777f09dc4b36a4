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
        switch try IDKind(id) {
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
}

/// What an id's form says it names.
enum IDKind {
    case workload, batch, job

    private static func hint(for id: String) -> String {
        let lower = id.lowercased()
        let isNumber = !id.isEmpty && id.allSatisfy { $0.isASCII && $0.isNumber }
        if isNumber || lower != id, (try? IDKind(isNumber ? "w" + id : lower)) != nil {
            return "Did you mean \(isNumber ? "w" + id : lower)?"
        }
        return "Ids look like w12, b34 or batchv2_…: see 'batchctl list workloads', 'batches' or 'jobs'."
    }

    init(_ id: String) throws {
        let isNumbered = id.count > 1 && id.dropFirst().allSatisfy { $0.isASCII && $0.isNumber }
        if id.hasPrefix("batch") {
            self = .job
        } else if isNumbered, id.hasPrefix("w") {
            self = .workload
        } else if isNumbered, id.hasPrefix("b") {
            self = .batch
        } else {
            throw Failure(.usage, "'\(Cell(id).text)' is no id.", hint: Self.hint(for: id))
        }
    }
}
