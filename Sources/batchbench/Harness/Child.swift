import Foundation
import Subprocess
import SystemPackage

/// Runs each contestant as a process of its own, so that none inherits another's memory.
enum Child {
    /// This program.
    static var program: String {
        get throws { try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe") }
    }

    /// Runs this program again with `arguments`, and returns what it measured. `wrapper` is a command that runs
    /// another one.
    static func measure(_ arguments: [String], wrapper: [String] = []) async throws -> [Sample] {
        let command = wrapper + [try program] + arguments
        let result = try await Subprocess.run(
            executable(command[0]), arguments: Arguments(Array(command.dropFirst())),
            output: .string(limit: 1 << 20), error: .currentStandardError)
        guard result.terminationStatus.isSuccess else { throw BenchFault("\(arguments) failed") }
        let lines = result.standardOutput.split(separator: "\n")
        return try lines.map { try JSONDecoder().decode(Sample.self, from: Data($0.utf8)) }
    }

    /// Says what was measured, in the way in which `measure` reads it.
    static func report(_ samples: [Sample]) throws {
        for sample in samples {
            print(String(decoding: try JSONEncoder().encode(sample), as: UTF8.self))
        }
    }

    /// Runs another program, and measures it from outside. Its output goes to stderr.
    static func measure(_ program: String, _ arguments: [String], as sample: Sample) async throws -> Sample {
        let cpu = Stopwatch.cpuSeconds(RUSAGE_CHILDREN)
        let began = ContinuousClock.now
        let result = try await Subprocess.run(
            executable(program), arguments: Arguments(arguments), output: .currentStandardError,
            error: .currentStandardError)
        var sample = sample
        sample.seconds = (ContinuousClock.now - began) / .seconds(1)
        sample.cpuSeconds = Stopwatch.cpuSeconds(RUSAGE_CHILDREN) - cpu
        guard result.terminationStatus.isSuccess else { throw BenchFault("\(program) \(arguments) failed") }
        return sample
    }

    /// Runs a program around `body`, and ends it by `signal`.
    static func around<Value: Sendable>(
        _ program: String, _ arguments: [String], log: String, endedBy signal: Signal = .terminate,
        _ body: @Sendable (_ process: String) async throws -> Value
    ) async throws -> Value {
        let log = try FileDescriptor.open(
            FilePath(log), .writeOnly, options: [.create, .append], permissions: .ownerReadWrite)
        let output = FileDescriptorOutput.fileDescriptor(log, closeAfterSpawningProcess: true)
        let result = try await Subprocess.run(
            executable(program), arguments: Arguments(arguments), input: .none, output: output,
            error: .combinedWithOutput
        ) { process in
            do {
                let value = try await body("\(process.processIdentifier)")
                try process.send(signal: signal)
                return value
            } catch {
                try process.send(signal: signal)
                throw error
            }
        }
        return result.closureResult
    }

    private static func executable(_ program: String) -> Executable {
        program.contains("/") ? .path(FilePath(program)) : .name(program)
    }
}

/// The benchmark cannot go on, and why.
struct BenchFault: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) {
        self.description = description
    }
}
