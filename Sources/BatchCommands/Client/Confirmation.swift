import ArgumentParser
import ControlAPI
import Glibc

/// The name of a workload, where the daemon wants it before it acts on a live account.
struct Confirmation: ParsableArguments {
    @Option(help: "The workload's name: needed on a live account, and asked for on a terminal.")
    var confirm: String?

    /// Calls `body` with the name as far as it is known. When the daemon wants it, a person at a terminal is asked,
    /// once; a script is refused.
    func confirmed<Answer>(
        _ workload: String, to act: String, in session: Session, _ body: (String?) async throws -> Answer
    ) async throws -> Answer {
        do {
            return try await body(confirm)
        } catch let refusal as DaemonRefusal
            where refusal.detail?.code == ErrorDetail.confirmationNeeded && confirm == nil
            && isatty(STDIN_FILENO) == 1
        {
            try session.output.console.err.write(
                "\(workload) acts on a live account. Type its name to \(act): ")
            guard let name = readLine(), !name.isEmpty else { throw refusal }
            return try await body(name)
        }
    }
}
