import Foundation
import Subprocess
import SystemPackage
import Testing

/// A place of its own for one test: a folder with a configuration, a simulator and a daemon as real processes.
struct Site: Sendable {
    let folder: String
    let simulator: Simulator

    var socket: String { "\(folder)/batchd.sock" }
    var config: String { "\(folder)/batchd.yaml" }
    var archive: String { "\(folder)/archive" }
    var daemonLog: String { "\(folder)/batchd.log" }

    /// The folder with the three programs: the tests are built beside them.
    static let programs = URL(filePath: "/proc/self/exe").resolvingSymlinksInPath()
        .deletingLastPathComponent().path()

    /// Runs `body` beside a fresh simulator, and removes everything afterwards.
    static func with(
        rps: Int = 2000, timeScale: Int = 60, scenario: String? = nil, queue: String = Queue.updates,
        _ body: (Site) async throws -> Void
    ) async throws {
        let place = "/tmp/batchd-test-\(UUID().uuidString.prefix(13))"
        try FileManager.default.createDirectory(
            atPath: place, withIntermediateDirectories: false, attributes: [.posixPermissions: 0o700])
        defer { try? FileManager.default.removeItem(atPath: place) }
        var arguments = [
            "serve", "--listen", "127.0.0.1:0", "--time-scale", "\(timeScale)", "--rps", "\(rps)", "--dir",
            "\(place)/simulator",
        ]
        if let scenario {
            try scenario.write(toFile: "\(place)/scenario.json", atomically: true, encoding: .utf8)
            arguments += ["--scenario", "\(place)/scenario.json"]
        }
        try await Process.run("batchsim", arguments, log: "\(place)/batchsim.log") { process in
            let site = Site(folder: place, simulator: try await Simulator(log: "\(place)/batchsim.log"))
            try site.configure(queue)
            try await body(site)
            try process.send(signal: .terminate)
        }
    }

    /// Runs a daemon around `body`; it is asked to end afterwards unless `body` killed it.
    ///
    /// `clock` gives it the simulator's time, so many times as fast as ours.
    /// `notify` is the socket of a service manager.
    func withDaemon(
        clock scale: Int? = nil, notify: String? = nil, logLevel: String = "info",
        _ body: (RunningDaemon) async throws -> Void
    ) async throws {
        var environment: [Subprocess.Environment.Key: String?] = [:]
        if let notify { environment["NOTIFY_SOCKET"] = notify }
        if let scale { environment["BATCHD_CLOCK"] = "\(try await simulator.now())*\(scale)" }
        try await Process.run(
            "batchd", ["run", "--config", config, "--log-level", logLevel], environment: environment,
            log: daemonLog
        ) { process in
            let daemon = RunningDaemon(process: process)
            try await awaitFact("the daemon answers") { try await ctl("status").code == 0 }
            try await body(daemon)
            if !daemon.wasEnded { try process.send(signal: .terminate) }
        }
    }

    /// Runs a daemon that ends by itself; its exit code, and what it logged.
    func daemonEnds(
        _ arguments: String..., environment: [Subprocess.Environment.Key: String?] = [:],
        _ body: () async throws -> Void = {}
    ) async throws -> (code: Int, log: String) {
        let log = "\(folder)/\(UUID().uuidString).log"
        let code = try await Process.run(
            "batchd", ["run", "--config", config] + arguments, environment: environment, log: log
        ) { _ in try await body() }
        return (code, try String(contentsOfFile: log, encoding: .utf8))
    }

    /// Runs a daemon that kills itself at a fault point, while `body` gives it work. It may never get there.
    func withDaemon(dyingAt point: String, _ body: () async throws -> Void) async throws {
        try await Process.run(
            "batchd", ["run", "--config", config], environment: ["BATCHD_FAULT": point], log: daemonLog
        ) { process in
            try await awaitFact("the daemon answers") { try await ctl("status").code == 0 }
            try await body()
            // It is dead already when it got there.
            try? process.send(signal: .terminate)
        }
    }

    /// Waits until the daemon is dead, or stopped, or has nothing left to do.
    func awaitEndOrDeath(of pid: String) async throws {
        try await awaitFact("it got there, or nothing is left to do") {
            let facts = (try? String(contentsOfFile: "/proc/\(pid)/stat", encoding: .utf8)) ?? ""
            let state = facts.split(separator: ")").last?.split(separator: " ").first ?? "X"
            if ["T", "Z", "X"].contains(state) { return true }
            let answer = try await ctl("show", "w1", "-o", "json", "--timeout", "1s")
            return answer.code == 0 ? try answer.json()["finished_at"] is String : false
        }
    }

    /// Waits until the daemon has logged this; all of its log.
    @discardableResult
    func awaitLog(_ text: String) async throws -> String {
        var log = ""
        try await awaitFact("the log says: \(text)") {
            log = try String(contentsOfFile: daemonLog, encoding: .utf8)
            return log.contains(text)
        }
        return log
    }

    /// Runs `batchctl` to its end.
    func ctl(_ arguments: String...) async throws -> Answer { try await ctl(arguments) }

    /// The same.
    func ctl(_ arguments: [String]) async throws -> Answer {
        let result = try await Subprocess.run(
            .path(FilePath("\(Self.programs)/batchctl")),
            arguments: Arguments(arguments + ["--socket", socket]),
            output: .string(limit: 64 << 20), error: .string(limit: 1 << 20))
        guard case .exited(let code) = result.terminationStatus else { throw Failure("batchctl was killed") }
        return Answer(
            code: Int(code), output: result.standardOutput, errors: result.standardError)
    }

    /// Writes the configuration with this queue.
    func configure(_ queue: String, minFree: String = "1MB", jobs: Int = 8) throws {
        try "sk_test_local".write(toFile: "\(folder)/key", atomically: true, encoding: .utf8)
        try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: "\(folder)/key")
        try """
        accounts:
          main:
            api_base: \(simulator.url)
            api_key_file: key
            poll: {min: 200ms, max: 1s}
            max_concurrent_jobs: \(jobs)
        storage:
          state_dir: \(folder)/state
          archive_dir: \(archive)
          min_free: \(minFree)
        control:
          socket: \(socket)
        queues:
        \(queue)
        """.write(toFile: config, atomically: true, encoding: .utf8)
    }

    /// Writes an input file and returns its path.
    func input(_ name: String, _ lines: some Sequence<String>) throws -> String {
        let path = "\(folder)/\(name)"
        try (lines.joined(separator: "\n") + "\n").write(toFile: path, atomically: true, encoding: .utf8)
        return path
    }
}

/// Queues of the configuration, as YAML. Guard rails have tests of their own.
enum Queue {
    static let updates = """
          update-customers:
            endpoint: POST /v1/customers/:customer
            canary: null
            halt: null
            max_rows_per_job: 5000
            retry: {max_attempts: 4, initial_delay: 300ms, max_delay: 2s}
        """
    static let codes = """
          promotion-codes:
            endpoint: POST /v1/promotion_codes
            canary: null
            halt: null
            retry: {max_attempts: 4, initial_delay: 300ms, max_delay: 2s}
        """
}

/// A daemon under test.
final class RunningDaemon {
    private let process: Process.Handle
    private(set) var wasEnded = false

    init(process: Process.Handle) { self.process = process }

    /// Has it read its configuration again.
    func reload() throws { try process.send(signal: .terminalClosed) }

    /// Asks it to end, as systemd does, before the test would.
    func stop() throws {
        wasEnded = true
        try process.send(signal: .terminate)
    }

    /// Ends it at once, as a power cut would.
    func kill() throws {
        wasEnded = true
        try process.send(signal: .kill)
    }
}

/// What a command printed, and its exit code.
struct Answer {
    var code: Int
    var output: String
    var errors: String

    /// The output as JSON.
    func json() throws -> [String: Any] {
        guard let object = try JSONSerialization.jsonObject(with: Data(output.utf8)) as? [String: Any] else {
            throw Failure("not a JSON object: \(output) \(errors)")
        }
        return object
    }

    /// The output as JSON Lines.
    func jsonLines() throws -> [[String: Any]] {
        try output.split(separator: "\n").compactMap {
            try JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any]
        }
    }
}

struct Failure: Error, CustomStringConvertible {
    let description: String
    init(_ description: String) { self.description = description }
}

/// Waits until something is true. The time limit only ends a test that has failed.
func awaitFact(_ what: String, _ isTrue: () async throws -> Bool) async throws {
    let deadline = ContinuousClock.now + .seconds(120)
    while try await !isTrue() {
        guard ContinuousClock.now < deadline else { throw Failure("in vain: \(what)") }
        try await Task.sleep(for: .milliseconds(20))
    }
}

// What others made, as judges.
extension Site {
    /// Asks the control socket with curl, as a user may.
    func curl(_ path: String, posting: Bool = false) async throws -> String {
        let method = posting ? ["-X", "POST"] : []
        return try await judge(
            "curl", ["-sS", "--unix-socket", socket] + method + ["http://localhost\(path)"]
        ).output
    }

    /// Lets `zstd` test every compressed file of the archive; how many there were.
    func testArchive() async throws -> Int {
        let files = (FileManager.default.subpaths(atPath: archive) ?? []).filter { $0.hasSuffix(".zst") }
        let answer = try await judge("zstd", ["-tq"] + files.map { "\(archive)/\($0)" })
        #expect(answer.code == 0, "\(answer.errors)")
        return files.count
    }

    func judge(_ program: String, _ arguments: [String]) async throws -> Answer {
        let result = try await Subprocess.run(
            program.hasPrefix("/") ? .path(FilePath(program)) : .name(program),
            arguments: Arguments(arguments), output: .string(limit: 1 << 20),
            error: .string(limit: 1 << 20))
        guard case .exited(let code) = result.terminationStatus else {
            throw Failure("\(program) was killed")
        }
        return Answer(code: Int(code), output: result.standardOutput, errors: result.standardError)
    }
}
