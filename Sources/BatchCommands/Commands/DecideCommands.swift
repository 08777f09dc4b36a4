import ArgumentParser
import AsyncHTTPClient
import ControlAPI
import FoundationEssentials
import NIOCore

/// The rows that `release` and `fail` are about.
struct RowChoice: ParsableArguments {
    @Argument(help: "A workload's id.")
    var workload: String

    @Argument(
        help: ArgumentHelp(
            "Ids of held rows, or - to read them from standard input: a line each, as they are or as 'batchctl rows' prints them.",
            valueName: "row"))
    var rows: [String] = []

    @Flag(help: "All held rows of the workload.")
    var all = false

    @Option(help: "With --all: only those whose last error has this code.")
    var code: String?

    @Option(help: "Why, for the history.")
    var reason: String

    @OptionGroup var confirmation: Confirmation

    func validate() throws {
        guard all != !rows.isEmpty else {
            throw ValidationError(
                rows.isEmpty ? "Name rows, or give - or --all." : "Name rows, or give --all, not both.")
        }
        guard code == nil || all else { throw ValidationError("--code goes with --all.") }
    }

    /// Has the daemon decide, and answers about how many rows it was, and their workload.
    ///
    /// So many names that they don't fit into one call go in several: each is decided as a whole.
    func decide(by route: String, to act: String, in session: Session) async throws -> DecisionAnswer {
        let names = all ? [] : try await names()
        guard all || !names.isEmpty else { throw Failure(.usage, "There are no rows on standard input.") }
        return try await confirmation.confirmed(workload, to: act, in: session) { name in
            let query: DaemonClient.Query = [.reason: reason, .code: code, .confirm: name]
            if all { return try await session.client.post(route, query, within: .patient) }
            var total = 0
            var last: DecisionAnswer?
            for piece in names.chunked(into: 10_000) {
                let body = try JSONEncoder().encode(DecisionRequest(rows: piece))
                let answer: DecisionAnswer = try await session.client.post(
                    route, query, body: .bytes(ByteBuffer(bytes: body)), within: .patient)
                total += answer.rows
                last = answer
            }
            guard var answer = last else { throw Failure(.usage, "There are no rows on standard input.") }
            answer.rows = total
            return answer
        }
    }

    private func names() async throws -> [String] {
        rows == ["-"] ? try await InputNames.read() : rows
    }
}

struct ReleaseCommand: OperatorCommand {
    static let configuration = CommandConfiguration(
        commandName: "release",
        abstract: "Send held rows again.",
        discussion: """
            For rows of which a person knows, or takes it upon them, that sending them again does no harm. \
            Their attempts are counted anew.

            Example: batchctl release w12 r-7 r-9 --reason 'not in Stripe, checked by hand'
            Example: batchctl rows w12 --state held --code lock_timeout | batchctl release w12 - --reason known
            Example: batchctl release w12 --all --reason 'key is renewed'
            """)

    @OptionGroup var choice: RowChoice
    @OptionGroup var options: GlobalOptions

    func run(in session: Session) async throws -> CommandExit {
        let answer = try await choice.decide(
            by: Routes.release(percentEncoded(choice.workload)), to: "send rows again", in: session)
        if session.output.isJSON { try session.output.show(answer) { [] } }
        session.output.say(
            DecisionText.sentAgain(answer, none: DecisionText.chosen(.held, code: choice.code)))
        return .ok
    }
}

struct FailCommand: OperatorCommand {
    static let configuration = CommandConfiguration(
        commandName: "fail",
        abstract: "Give held rows up: they are failed.",
        discussion: """
            For rows that must not be sent again, or were found to be done.

            Example: batchctl fail w12 r-7 --reason 'the customer is gone'
            Example: batchctl fail w12 --all --code resource_missing --reason 'gone'
            """)

    @OptionGroup var choice: RowChoice
    @OptionGroup var options: GlobalOptions

    func run(in session: Session) async throws -> CommandExit {
        let answer = try await choice.decide(
            by: Routes.fail(percentEncoded(choice.workload)), to: "give rows up", in: session)
        if session.output.isJSON { try session.output.show(answer) { [] } }
        session.output.say(
            "\(Human.count(answer.rows, "row")) of \(answer.workload.id) given up; "
                + "\(Human.count(answer.workload.rows.held)) still held.")
        return .ok
    }
}

struct RetryCommand: OperatorCommand {
    static let configuration = CommandConfiguration(
        commandName: "retry",
        abstract: "Send a workload's failed rows again, or its held ones.",
        discussion: """
            A workload that has finished runs again, and its outcome is written anew at the end. Rows go \
            behind others for the same object. Their attempts are counted anew.

            Rows that were given up with 'batchctl fail' are failed too, and go again: with --code only those \
            whose last error has it.

            Example: batchctl retry w12
            Example: batchctl retry w12 --code card_declined
            """)

    @Argument(help: "A workload's id.")
    var workload: String

    @Option(help: "Rows in this state: failed or held.")
    var state: RowState = .failed

    @Option(help: "Only rows whose last error has this code.")
    var code: String?

    @Option(help: "Why, for the history.")
    var reason: String?

    @OptionGroup var confirmation: Confirmation
    @OptionGroup var options: GlobalOptions

    func validate() throws {
        guard state == .failed || state == .held else {
            throw ValidationError("--state is failed or held.")
        }
    }

    func run(in session: Session) async throws -> CommandExit {
        let answer = try await confirmation.confirmed(workload, to: "send rows again", in: session) { name in
            try await session.client.post(
                Routes.retry(percentEncoded(workload)),
                [.state: state.rawValue, .code: code, .reason: reason, .confirm: name],
                as: DecisionAnswer.self, within: .patient)
        }
        if session.output.isJSON { try session.output.show(answer) { [] } }
        session.output.say(DecisionText.sentAgain(answer, none: DecisionText.chosen(state, code: code)))
        if let warning = DecisionText.givenUp(answer) { session.output.say(warning) }
        return .ok
    }
}

private enum DecisionText {
    static func sentAgain(_ answer: DecisionAnswer, none what: String) -> String {
        let id = answer.workload.id
        guard answer.rows > 0 else { return "No row of \(id) is \(what)." }
        let next =
            switch answer.workload.knownState {
            case .paused: "It is paused: batchctl resume \(id)"
            // A guard holds the workload, whatever becomes of its rows.
            case .held: "It is held: batchctl explain \(id)"
            default: answer.workload.hint ?? "Follow: batchctl watch \(id)"
            }
        return "\(Human.count(answer.rows, "row")) of \(id) queued again. \(next)"
    }

    /// What was sent again although it may have been done by hand.
    static func givenUp(_ answer: DecisionAnswer) -> String? {
        guard let count = answer.givenUpBefore, count > 0 else { return nil }
        let (were, they) = count == 1 ? ("was", "it") : ("were", "they")
        let stop =
            answer.workload.knownState == .paused ? "" : " To stop: batchctl pause \(answer.workload.id)"
        return "\(Human.count(count)) of these rows \(were) given up by a person before, perhaps because "
            + "\(they) \(were) done by hand.\(stop)"
    }

    static func chosen(_ state: RowState, code: String?) -> String {
        state.rawValue + (code.map { " with the code \($0)" } ?? "")
    }
}

extension Array {
    fileprivate func chunked(into size: Int) -> [[Element]] {
        stride(from: 0, to: count, by: size).map { Array(self[$0..<Swift.min($0 + size, count)]) }
    }
}
