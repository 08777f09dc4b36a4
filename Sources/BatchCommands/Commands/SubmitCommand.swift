import ArgumentParser
import AsyncHTTPClient
import ControlAPI

struct SubmitCommand: OperatorCommand {
    static let configuration = CommandConfiguration(
        commandName: "submit",
        abstract: "Submit a file of rows to a queue.",
        discussion: """
            Prints the workload's id once all its rows are safely stored. One bad row refuses the whole \
            file, unless --skip-invalid leaves bad rows out. With --key, the same command can be repeated \
            after an interruption without doubling the work. --dry-run checks the file and shows which jobs \
            it would make.

            A file that ends in .csv, or --format csv, goes through the queue's csv template.

            Example: batchctl submit update-customers customers.jsonl --name migrate --wait
            Example: batchctl submit update-customers customers.csv --dry-run
            """)

    @Argument(help: "The queue to submit to.")
    var queue: String

    @Argument(help: "A file of JSON Lines or CSV, or - for standard input.", completion: .file())
    var file: String

    @Option(help: "A name for the workload (default: the file's name).")
    var name: String?

    @Option(help: "Your own key: the same key with the same content is the same workload.")
    var key: String?

    @Option(help: "The form of the file: jsonl or csv (default: by its ending).")
    var format: InputFormat?

    @Option(help: "A greater one goes first, within the queue (default: 0).")
    var priority: Int?

    @Option(
        help: ArgumentHelp(
            "Begin no job before: 30m, 2h, 1d from now, or a time such as 2026-03-09T06:00:00Z.",
            valueName: "time"))
    var startAfter: Until?

    @Flag(help: "Accept content that the queue has had before.")
    var allowDuplicate = false

    @Flag(help: "Leave bad rows out, and list the first 20 of them.")
    var skipInvalid = false

    @Flag(help: "Check the file and show the jobs it would make; nothing is queued.")
    var dryRun = false

    @Flag(help: "Wait until the workload ends; exit 8 when rows failed, 4 when it is held.")
    var wait = false

    @OptionGroup var options: GlobalOptions

    enum InputFormat: String, CaseIterable, ExpressibleByArgument {
        case jsonl, csv
    }

    func validate() throws {
        guard !dryRun || !wait else { throw ValidationError("There is nothing to wait for with --dry-run.") }
    }

    func run(in session: Session) async throws -> CommandExit {
        let output = session.output
        if dryRun {
            let plan = try await send(as: DryRunAnswer.self, in: session)
            PlanScreen.list(plan.skipped, in: inputName, output)
            try output.show(plan) { PlanScreen(plan: plan).lines() }
            return .ok
        }
        let answer = try await send(as: SubmitAnswer.self, in: session)
        let workload = answer.workload
        try output.show(answer) { [[Cell(workload.id)]] }
        PlanScreen.list(answer.skipped, in: inputName, output)
        let rows = Human.count(workload.rows.total, "row")
        output.say(
            (answer.existing
                ? "The same content came before with this key: it is \(workload.id), \(rows)"
                : "\(rows) accepted as \(workload.id)") + " in queue \(workload.queue)."
                + (wait ? "" : " Follow: batchctl watch \(workload.id)"))
        guard wait else {
            if let hint = workload.hint { output.say(hint) }
            return .ok
        }
        return try await WatchCommand.watch(workload.id, in: session, asData: false)
    }

    private func send<Answer: Decodable & Sendable>(as type: Answer.Type, in session: Session) async throws
        -> Answer
    {
        try await InputFile.withOpen(file) { input in
            let output = session.output
            if input.isTerminal { output.say("Type or paste the rows, one a line. Ctrl-D ends them.") }
            let progress = UploadProgress(console: output.console, total: input.bytes, times: session.times)
            defer { progress.clear() }
            return try await submit(input, progress, in: session)
        }
    }

    private func submit<Answer: Decodable>(
        _ input: InputFile, _ progress: UploadProgress, in session: Session
    ) async throws -> Answer {
        do {
            return try await session.client.post(
                Routes.workloads,
                [
                    .queue: queue, .name: name ?? defaultName, .key: key, .format: form.rawValue,
                    .skipInvalid: skipInvalid ? "true" : nil, .dryRun: dryRun ? "true" : nil,
                    .allowDuplicate: allowDuplicate ? "true" : nil, .priority: priority.map(String.init),
                    .startAfter: startAfter?.moment(at: session.times.now()),
                ],
                body: .stream(
                    InputChunks(file: input, unwrapsRows: true, onProgress: progress.update),
                    length: input.bytes.map { .known(Int64($0)) } ?? .unknown),
                within: .patient)
        } catch let refusal as DaemonRefusal {
            throw explain(refusal, input, session.output)
        } catch let failure as Failure where failure.exit == .temporary || failure.exit == .unreachable {
            guard progress.hasBegun else { throw failure }
            throw Failure(
                failure.exit, failure.message,
                hint: "The rows may or may not have been accepted: 'batchctl list workloads' shows it."
                    + (key == nil ? "" : " Repeating this command with the same --key is safe."))
        }
    }

    private var form: InputFormat { format ?? (file.lowercased().hasSuffix(".csv") ? .csv : .jsonl) }

    /// What messages call the input.
    private var inputName: String { file == "-" ? "stdin" : file }

    /// The file's name without folders; the daemon names what comes from standard input.
    private var defaultName: String? {
        file == "-" ? nil : file.split(separator: "/").last.map(String.init)
    }

    /// Lists the bad lines where editors and people find them, and says that nothing happened.
    private func explain(_ refusal: DaemonRefusal, _ input: InputFile, _ output: Output) -> Failure {
        var failure = refusal.failure
        guard let lines = refusal.detail?.details, !lines.isEmpty else { return failure }
        PlanScreen.list(lines, of: refusal.detail?.badLines ?? lines.count, in: input.name, output)
        failure.hint = "Nothing was queued. " + (failure.hint ?? "Mend the lines and submit the file again.")
        return failure
    }
}
