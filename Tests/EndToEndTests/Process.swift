import Subprocess
import SystemPackage

/// Real processes, ended with the block that started them.
enum Process {
    struct Handle {
        let send: (Subprocess.Signal) throws -> Void
        func send(signal: Subprocess.Signal) throws { try send(signal) }
    }

    /// Runs a program around `body`, one of ours unless it has a path, with its output appended to a file.
    ///
    /// - Returns: its exit code; for a signal, its number and 128, as a shell has it.
    @discardableResult
    static func run(
        _ program: String, _ arguments: [String], environment: [Subprocess.Environment.Key: String?] = [:],
        log: String, _ body: (Handle) async throws -> Void = { _ in }
    ) async throws -> Int {
        let file = try FileDescriptor.open(
            FilePath(log), .writeOnly, options: [.create, .append], permissions: [.ownerReadWrite])
        defer { try? file.close() }
        let output = FileDescriptorOutput.fileDescriptor(file, closeAfterSpawningProcess: false)
        let path = program.hasPrefix("/") ? program : "\(Site.programs)/\(program)"
        let result = try await Subprocess.run(
            .path(FilePath(path)), arguments: Arguments(arguments),
            environment: .inherit.updating(environment), input: .none, output: output, error: output
        ) { execution in
            do {
                try await body(Handle { try execution.send(signal: $0) })
            } catch {
                try execution.send(signal: .kill)
                throw error
            }
        }
        switch result.terminationStatus {
        case .exited(let code): return Int(code)
        case .signaled(let signal): return 128 + Int(signal)
        }
    }
}
