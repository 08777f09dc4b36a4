import Foundation
import Subprocess
import SystemPackage
import Testing

/// The manual pages and completions, made from the programs and judged by those who read them.
@Suite(.serialized) struct ManualTests {
    @Test func theManualHasEveryCommandAndOptionAndNoWarning() async throws {
        try await inFolder { folder in
            let made = try await run(
                "/usr/bin/python3", [Self.root + "/config/manual.py", Site.programs, folder])
            #expect(made.code == 0, "\(made.errors)")
            for (page, program) in [
                ("man1/batchctl.1", "batchctl"), ("man8/batchd.8", "batchd"), ("man1/batchsim.1", "batchsim"),
            ] {
                let text = try await read("\(folder)/\(page)")
                let help = try await run("\(Site.programs)/\(program)", ["--experimental-dump-help"]).output
                let options = Set(help.matches(of: /"name" ?: ?"([a-z-]{2,})"/).map { String($0.1) })
                #expect(options.count > 3)
                for option in options.subtracting(["help", "version"]) {
                    #expect(text.contains("--\(option)"), "\(page) lacks --\(option)")
                }
            }
            let commands = try await read("\(folder)/man1/batchctl.1")
            for command in ["submit", "events", "archive verify", "doctor"] {
                #expect(commands.contains("\n   \(command)\n"), "batchctl.1 lacks \(command)")
            }
            let keys = try await read("\(folder)/man5/batchd.yaml.5")
            for key in ["accounts.main.api_key_file", "storage.min_free", "queues.update-customers.endpoint"]
            {
                #expect(keys.contains(key), "batchd.yaml.5 lacks \(key)")
            }
        }
    }

    @Test(arguments: ["batchd", "batchctl", "batchsim"], ["bash", "zsh", "fish"])
    func completionsAreGoodScripts(program: String, shell: String) async throws {
        let script = try await run("\(Site.programs)/\(program)", ["--generate-completion-script", shell])
        #expect(script.code == 0 && script.output.contains(program))
        let judge = "/usr/bin/\(shell)"
        guard FileManager.default.isExecutableFile(atPath: judge) else { return }
        try await inFolder { folder in
            try script.output.write(toFile: "\(folder)/script", atomically: true, encoding: .utf8)
            let verdict = try await run(judge, ["-n", "\(folder)/script"])
            #expect(verdict.code == 0 && verdict.errors.isEmpty, "\(verdict.errors)")
        }
    }

    /// What is typed, and what a shell makes of it at a press of the tab key.
    private static let completions = [
        ("batchctl su", ["submit"]), ("batchctl archive v", ["verify"]),
        ("batchctl submit --prio", ["--priority"]), ("batchctl rows w1 --state f", ["failed"]),
        ("batchctl list w", ["workloads"]), ("batchctl status -o j", ["json"]),
    ]

    @Test(arguments: ["bash", "fish"]) func theShellCompletesCommandsOptionsAndWords(shell: String)
        async throws
    {
        let judge = "/usr/bin/\(shell)"
        guard FileManager.default.isExecutableFile(atPath: judge) else { return }
        try await inFolder { folder in
            let script = try await run(
                "\(Site.programs)/batchctl", ["--generate-completion-script", shell])
            try script.output.write(toFile: "\(folder)/script", atomically: true, encoding: .utf8)
            for (typed, meant) in Self.completions {
                let program =
                    shell == "fish"
                    ? "source \(folder)/script; complete -C '\(typed)'"
                    : """
                    source \(folder)/script
                    COMP_LINE='\(typed)' COMP_POINT=\(typed.count) COMP_TYPE=9 COMP_KEY=9
                    read -ra COMP_WORDS <<<"$COMP_LINE"
                    COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
                    _batchctl batchctl "${COMP_WORDS[-1]}" "${COMP_WORDS[-2]}"
                    printf '%s\\n' "${COMPREPLY[@]}"
                    """
                let answer = try await run(judge, ["-c", program])
                let words = answer.output.split(separator: "\n").compactMap {
                    $0.split(separator: "\t").first
                }
                #expect(words.map(String.init) == meant, "\(typed): \(answer.output) \(answer.errors)")
            }
        }
    }

    private static let root = URL(filePath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent().path()

    /// A page as it is read, after seeing that nothing is wrong with it.
    private func read(_ page: String) async throws -> String {
        let shown = try await run("/usr/bin/man", ["--warnings", "-l", page])
        #expect(shown.code == 0 && shown.errors.isEmpty, "\(page): \(shown.errors)")
        return shown.output
    }

    private func run(_ program: String, _ arguments: [String]) async throws -> Answer {
        let result = try await Subprocess.run(
            .path(FilePath(program)), arguments: Arguments(arguments),
            environment: .inherit.updating([
                "MANWIDTH": "200", "LC_ALL": "C.UTF-8", "PYTHONDONTWRITEBYTECODE": "1", "MANPAGER": "cat",
            ]), output: .string(limit: 1 << 22), error: .string(limit: 1 << 20))
        guard case .exited(let code) = result.terminationStatus else {
            throw Failure("\(program) was killed")
        }
        return Answer(code: Int(code), output: result.standardOutput, errors: result.standardError)
    }

    private func inFolder(_ body: (String) async throws -> Void) async throws {
        let folder = "/tmp/batchd-manual-\(UUID().uuidString.prefix(13))"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: false)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try await body(folder)
    }
}
