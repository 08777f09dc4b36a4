import Foundation
import Subprocess
import SystemPackage

/// A temporary folder with all that a daemon needs, and the programs beside our own.
struct DemoSite: Sendable {
    let folder: String
    /// Where `batchd` and `batchctl` are: beside this program.
    private let programs: String

    static func create() throws -> DemoSite {
        let own = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
        let programs = URL(fileURLWithPath: own).deletingLastPathComponent().path
        for program in ["batchd", "batchctl"] {
            guard FileManager.default.isExecutableFile(atPath: "\(programs)/\(program)") else {
                throw DemoFault(
                    "\(program) is not beside batchsim in \(programs). Build it first: swift build")
            }
        }
        // Short, because the name of a socket may have 107 bytes.
        let folder = "/tmp/batchd-demo-\(UUID().uuidString.prefix(8).lowercased())"
        let site = DemoSite(folder: folder, programs: programs)
        for path in [folder, site.path("state"), site.path("archive")] {
            try FileManager.default.createDirectory(
                atPath: path, withIntermediateDirectories: false, attributes: [.posixPermissions: 0o700])
        }
        return site
    }

    func path(_ name: String) -> String { "\(folder)/\(name)" }

    func remove() {
        do {
            try FileManager.default.removeItem(atPath: folder)
        } catch {
            print("Could not remove \(folder): \(error)")
        }
    }

    func configure(api base: String) throws {
        try write("sk_test_demo", to: "key")
        let configuration = """
            accounts:
              main:
                api_base: \(base)
                api_key_file: key
                poll: {min: 200ms, max: 1s}
            storage:
              state_dir: \(path("state"))
              archive_dir: \(path("archive"))
              min_free: 50MB
            control:
              socket: \(path("batchd.sock"))
            queues:
              update-customers:
                endpoint: POST /v1/customers/:customer
                canary: {rows: 200, max_failure_rate: 5%}
                max_concurrent_jobs: 2
                retry: {max_attempts: 5, initial_delay: 500ms, max_delay: 5s}

            """
        try write(configuration, to: "batchd.yaml")
    }

    private func write(_ text: String, to name: String) throws {
        let isWritten = FileManager.default.createFile(
            atPath: path(name), contents: Data(text.utf8), attributes: [.posixPermissions: 0o600])
        guard isWritten else { throw DemoFault("cannot write \(path(name))") }
    }

    /// Files of the archive, relative to it.
    func archivedFiles() throws -> [String] {
        try FileManager.default.subpathsOfDirectory(atPath: path("archive"))
            .filter { $0.hasSuffix(".zst") || $0.hasSuffix(".json") }.sorted()
    }

    // MARK: Programs

    /// Runs the daemon around `body`, and ends it by SIGTERM.
    func withDaemon(_ body: () async throws -> Bool) async throws -> Bool {
        let log = try FileDescriptor.open(
            FilePath(path("batchd.log")), .writeOnly, options: [.create, .append],
            permissions: .ownerReadWrite)
        defer {
            do { try log.close() } catch { print("batchd.log: \(error)") }
        }
        let output = FileDescriptorOutput.fileDescriptor(log, closeAfterSpawningProcess: false)
        let result = try await Subprocess.run(
            executable("batchd"), arguments: ["run", "--config", path("batchd.yaml")],
            input: .none, output: output, error: output
        ) { daemon in
            do {
                let isGood = try await body()
                try daemon.send(signal: .terminate)
                return isGood
            } catch {
                try daemon.send(signal: .terminate)
                throw error
            }
        }
        guard result.terminationStatus.isSuccess else {
            print("batchd ended with \(result.terminationStatus). Its log:\n\(try daemonLog())")
            return false
        }
        return result.closureResult
    }

    /// Waits until the daemon answers.
    func untilReady() async throws {
        for _ in 0..<100 {
            let answer = try await Subprocess.run(
                executable("batchctl"), arguments: ["status", "--socket", path("batchd.sock")],
                output: .discarded)
            if answer.terminationStatus.isSuccess { return }
            try await Task.sleep(for: .milliseconds(100))
        }
        throw DemoFault("batchd did not answer within ten seconds. Its log:\n\(try daemonLog())")
    }

    /// Runs a program on our terminal and returns its exit code.
    func show(_ program: String, _ arguments: [String], in directory: String? = nil) async throws -> Int32 {
        // What we said comes before what the program says.
        fflush(nil)
        let result = try await Subprocess.run(
            executable(program), arguments: Arguments(arguments + options(program)),
            workingDirectory: directory.map { FilePath($0) }, output: .currentStandardOutput,
            error: .currentStandardError)
        guard case .exited(let code) = result.terminationStatus else { return -1 }
        return code
    }

    /// Runs a program and returns what it prints.
    func output(_ program: String, _ arguments: [String]) async throws -> String {
        let result = try await Subprocess.run(
            executable(program), arguments: Arguments(arguments + options(program)),
            output: .string(limit: 1 << 30), error: .currentStandardError)
        guard result.terminationStatus.isSuccess else {
            throw DemoFault("\(program) \(arguments[0]) failed. The daemon's log:\n\(try daemonLog())")
        }
        return result.standardOutput
    }

    private func executable(_ program: String) -> Executable {
        program.hasPrefix("batch") ? .path(FilePath("\(programs)/\(program)")) : .name(program)
    }

    private func options(_ program: String) -> [String] {
        program == "batchctl" ? ["--socket", path("batchd.sock")] : []
    }

    private func daemonLog() throws -> String {
        try String(contentsOfFile: path("batchd.log"), encoding: .utf8)
    }
}

/// The demo cannot go on, and why.
struct DemoFault: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) {
        self.description = description
    }
}
