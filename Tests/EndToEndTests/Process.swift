import Subprocess
import SystemPackage

/// Real processes, ended with the block that started them.
enum Process {
    struct Handle {
        let send: (Subprocess.Signal) throws -> Void
        func send(signal: Subprocess.Signal) throws { try send(signal) }
    }

    /// Runs a program of ours around `body`, with its output appended to a file.
    static func run(
        _ program: String, _ arguments: [String], environment: [Subprocess.Environment.Key: String?] = [:],
        log: String, _ body: (Handle) async throws -> Void
    ) async throws {
        let file = try FileDescriptor.open(
            FilePath(log), .writeOnly, options: [.create, .append], permissions: [.ownerReadWrite])
        defer { try? file.close() }
        let output = FileDescriptorOutput.fileDescriptor(file, closeAfterSpawningProcess: false)
        _ = try await Subprocess.run(
            .path(FilePath("\(Site.programs)/\(program)")), arguments: Arguments(arguments),
            environment: .inherit.updating(environment), input: .none, output: output, error: output
        ) { execution in
            do {
                try await body(Handle { try execution.send(signal: $0) })
            } catch {
                try execution.send(signal: .kill)
                throw error
            }
        }
    }
}
