import Env
import Foundation
import Subprocess

/// The three programs as users run them, from submission to the last outcome, beside the usual script.
struct Whole: Sendable {
    let data: TestData
    let folder: String
    /// Where `batchd`, `batchctl` and `batchsim` are.
    let programs: String
    /// A Python with the official SDK, and the script.
    let python: String
    let script: String

    /// Submits the workload to the daemon and waits until it is finished; asks for the status meanwhile.
    func daemon() async throws -> [Sample] {
        let (samples, simulator) = try await withSimulator { base in
            try configure(api: base, rowsPerJob: "null", jobs: 4)
            return try await withDaemon { process in
                let cpu = cpuSeconds(of: process)
                let poller = StatusPoller(socketPath: socketPath)
                let (whole, answers) = try await poller.around {
                    try await Child.measure(
                        "\(programs)/batchctl",
                        ["submit", "update-customers", data.input, "--wait", "--socket", socketPath],
                        as: Sample(stage: "whole", contestant: "batchd", rows: data.rows))
                }
                return try finish(whole, process, cpu, answers)
            }
        }
        return samples + [simulator]
    }

    private func finish(_ whole: Sample, _ process: String, _ cpu: Double, _ answers: [Double]) throws
        -> [Sample]
    {
        var whole = whole
        whole.bytes = try OpenFile(data.input, .read).size()
        whole.cpuSeconds += cpuSeconds(of: process) - cpu
        whole.peakBytes = peakBytes(of: process)
        whole.diskBytes = diskBytes(in: folder)
        guard !answers.isEmpty else { throw BenchFault("the daemon never told its status") }
        let status = Sample(
            stage: "status p99", contestant: "batchd", rows: data.rows, seconds: answers.percentile(99))
        return [whole, status]
    }

    /// The same by the usual script.
    func usual() async throws -> [Sample] {
        let (sample, _) = try await withSimulator { base in
            var sample = try await Child.measure(
                python, [script, data.input, "\(folder)/usual.db", base],
                as: Sample(stage: "whole", contestant: "usual script", rows: data.rows))
            sample.bytes = try OpenFile(data.input, .read).size()
            sample.diskBytes = diskBytes(in: folder)
            return sample
        }
        return [sample]
    }

    /// Starts the daemon on what a thousand jobs left behind when it was killed, and waits until it is ready.
    func start() async throws -> [Sample] {
        // Nobody listens there: a start must not wait for Stripe.
        try configure(
            api: "http://127.0.0.1:9", rowsPerJob: "\(data.rows / Watching.jobs)", jobs: Watching.jobs)
        let began = ContinuousClock.now
        return try await withDaemon(endedBy: .kill) { process in
            let seconds = (ContinuousClock.now - began) / .seconds(1)
            let poller = StatusPoller(socketPath: socketPath)
            let (_, answers) = try await poller.around { try await Task.sleep(for: .seconds(3)) }
            return [
                Sample(
                    stage: "start", contestant: "batchd", rows: data.rows, seconds: seconds,
                    cpuSeconds: cpuSeconds(of: process), peakBytes: peakBytes(of: process)),
                Sample(
                    stage: "status p99, 1,000 jobs", contestant: "batchd", rows: data.rows,
                    seconds: answers.percentile(99)),
            ]
        }
    }

    // MARK: Programs

    var socketPath: String { "\(folder)/batchd.sock" }

    /// A simulated Stripe that runs a million rows a second. Also says what it cost: it should not be what is
    /// measured.
    private func withSimulator<Value: Sendable>(
        _ body: @Sendable (_ base: String) async throws -> Value
    ) async throws -> (Value, Sample) {
        let log = "\(folder)/batchsim.log"
        return try await Child.around(
            "\(programs)/batchsim",
            [
                "serve", "--listen", "127.0.0.1:0", "--rps", "1000000", "--seed", "1", "--dir",
                "\(folder)/stripe",
            ],
            log: log
        ) { process in
            let base = try await eventually("batchsim listens") {
                try? String(contentsOfFile: log, encoding: .utf8).firstMatch(of: /listening on (http:\S+)/)
                    .map { String($0.1) }
            }
            let value = try await body(base)
            let cost = Sample(
                stage: "whole", contestant: "batchsim's share", rows: data.rows,
                seconds: cpuSeconds(of: process),
                cpuSeconds: cpuSeconds(of: process), peakBytes: peakBytes(of: process))
            return (value, cost)
        }
    }

    /// The real daemon, around `body`.
    func withDaemon<Value: Sendable>(
        endedBy signal: Signal = .terminate, _ body: @Sendable (_ process: String) async throws -> Value
    ) async throws -> Value {
        try await Child.around(
            "\(programs)/batchd", ["run", "--config", "\(folder)/batchd.yaml"], log: "\(folder)/batchd.log",
            endedBy: signal
        ) { process in
            try await eventually("batchd is ready") { isReady ? true : nil }
            return try await body(process)
        }
    }

    /// True as soon as the daemon answers that it is ready.
    var isReady: Bool {
        ControlSocket.get("/readyz", at: socketPath)?.hasPrefix("HTTP/1.1 200") ?? false
    }

    func configure(api base: String, rowsPerJob: String, jobs: Int) throws {
        let configuration = """
            accounts:
              main:
                api_base: \(base)
                api_key_file: key
                max_concurrent_jobs: \(jobs)
                poll: {min: 200ms, max: 1s}
            storage:
              state_dir: \(folder)/state
              archive_dir: \(folder)/archive
              min_free: 50MB
            control:
              socket: \(socketPath)
            queues:
              update-customers:
                endpoint: POST /v1/customers/:customer
                canary: null
                max_concurrent_jobs: \(jobs)
                max_rows_per_job: \(rowsPerJob)

            """
        for path in ["\(folder)/state", "\(folder)/archive"] { try FileSystem.makeFolders(path) }
        for (name, text) in [("key", "sk_test_bench"), ("batchd.yaml", configuration)] {
            guard
                FileManager.default.createFile(
                    atPath: "\(folder)/\(name)", contents: Data(text.utf8),
                    attributes: [.posixPermissions: 0o600])
            else { throw BenchFault("cannot write \(folder)/\(name)") }
        }
    }
}

/// User and system seconds that a running process has used.
func cpuSeconds(of process: String) -> Double {
    guard let text = try? String(contentsOfFile: "/proc/\(process)/stat", encoding: .utf8),
        let fields = text.split(separator: ")").last?.split(separator: " "), fields.count > 12,
        let user = Double(fields[11]), let system = Double(fields[12])
    else { return 0 }
    return (user + system) / Double(sysconf(Int32(_SC_CLK_TCK)))
}

/// Looks until there is a value, for at most a minute.
@discardableResult
func eventually<Value>(_ what: String, _ fact: () throws -> Value?) async throws -> Value {
    let began = ContinuousClock.now
    while ContinuousClock.now - began < .seconds(60) {
        if let value = try fact() { return value }
        try await Task.sleep(for: .milliseconds(2))
    }
    throw BenchFault("waited a minute in vain until \(what)")
}
