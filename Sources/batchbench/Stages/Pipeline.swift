import BatchCore
import BatchStore
import Env
import Glibc
import Logging
import Orchestration
import Spool
import StripeBatch
import Synchronization

/// The daemon's own parts, put together as the daemon does, with one large batch going all the way through.
///
/// Nothing in it knows that it is measured: the fault points, which stand at every commit, tell where a stage
/// begins and ends.
struct Pipeline {
    let data: TestData
    /// Database, spool and archive.
    let folder: String
    /// The address of the bench's server.
    let server: String

    /// Runs all stages once, and measures each.
    func run() async throws -> [Sample] {
        let alarm = Alarm()
        let marks = Marks()
        let faults = Faults { point in
            marks.pass(point)
            if point == .inputRemoved { alarm.silence() }
        }
        let wire = HTTPTransport()
        let store = try Store(path: "\(folder)/batchd.db")
        let orchestrator = Orchestrator(
            store: store, settings: try settings(wire), clock: .system, entropy: .system, faults: faults,
            log: Logger(label: "bench") { _ in SwiftLogNoOpLogHandler() }, thread: StoreThread(name: "store"))
        try await orchestrator.recover()
        let ingest = try await ingest(orchestrator, alarm)
        let conductor = Conductor(
            orchestrator: orchestrator, spool: try Spool(folder: "\(folder)/spool", faults: faults),
            archive: try Archive(root: "\(folder)/archive", faults: faults), alarm: alarm,
            disk: StoreThread(name: "disk"))
        marks.watch(folder)
        try await conductor.run()
        try await wire.shutdown()
        let inputBytes = try OpenFile(data.input, .read).size()
        let resultBytes = try OpenFile(data.results, .read).size()
        try check(store)
        try store.close()
        return [
            ingest,
            try marks.sample("stage", .stagingCommitted, .stagedCommitted, data.rows, inputBytes),
            try marks.sample("before results", .uploadingCommitted, .uploadAnswered, data.rows, inputBytes),
            try marks.sample("archive", .collectingCommitted, .archivedCommitted, data.rows, resultBytes),
            try marks.sample("settle", .archivedCommitted, .settledCommitted, data.rows, resultBytes),
        ]
    }

    private func ingest(_ orchestrator: Orchestrator, _ alarm: Alarm) async throws -> Sample {
        let watch = Stopwatch()
        try await submit(data.input, to: orchestrator, alarm)
        return watch.read(
            "ingest", "batchd", rows: data.rows, bytes: try OpenFile(data.input, .read).size(),
            diskBytes: diskBytes(in: folder))
    }

    /// A fast wrong answer is none.
    private func check(_ store: Store) throws {
        guard let workload = try store.workloads(openOnly: true).first else {
            throw BenchFault("no workload")
        }
        let counts = workload.rows
        let tenth = Int64(data.rows / 20)
        guard counts[.failed] == tenth, counts[.queued] == tenth, counts[.inFlight] == 0,
            counts[.succeeded] == Int64(data.rows) - 2 * tenth
        else { throw BenchFault("the rows did not end as their results say: \(counts)") }
    }

    private func settings(_ wire: HTTPTransport) throws -> Settings {
        let stripe = InstantStripe(
            wire: wire, server: server, rows: data.rows,
            resultBytes: try OpenFile(data.results, .read).size())
        let account = StripeAccount(
            name: "main", baseURL: InstantStripe.base, apiVersion: "2026-09-30.preview",
            key: APIKey("sk_test_bench"))
        let poll = PollPolicy(min: .milliseconds(10), max: .milliseconds(10))
        let policy = QueuePolicy(
            name: "update-customers",
            account: AccountPolicy(name: "main", apiVersion: account.apiVersion, poll: poll),
            endpoint: Endpoint("POST /v1/customers/:customer")!,
            retry: RetryPolicy(initialDelay: .hours(6), maxDelay: .hours(6)), canary: nil)
        // One batch, however large: each stage is measured once, and alone.
        var limits = Limits()
        limits.assumedRowRate = 1e6
        limits.assumedUploadRate = 1e9
        return Settings(
            queues: [policy], clients: ["main": StripeClient(account: account, transport: stripe)],
            minFree: 0, limits: limits)
    }
}

/// The moments at which fault points were passed.
private final class Marks: Sendable {
    private struct State {
        var folder: String?
        var began: [FaultPoint: Stopwatch] = [:]
        var spans: [FaultPoint: (from: FaultPoint, sample: Sample)] = [:]
        var last: FaultPoint?
    }

    private let state = Mutex(State())
    private static let watched: Set<FaultPoint> = [
        .stagingCommitted, .stagedCommitted, .uploadingCommitted, .uploadAnswered, .collectingCommitted,
        .archivedCommitted, .settledCommitted,
    ]

    /// Looks from now on how much lies in `folder` at each mark.
    func watch(_ folder: String) {
        state.withLock { $0.folder = folder }
    }

    func pass(_ point: FaultPoint) {
        guard Self.watched.contains(point) else { return }
        state.withLock { state in
            if let last = state.last, let watch = state.began[last] {
                let disk = state.folder.map(diskBytes) ?? 0
                state.spans[point] = (last, watch.read("", "batchd", rows: 0, diskBytes: disk))
            }
            state.began[point] = Stopwatch()
            state.last = point
        }
    }

    func sample(_ stage: String, _ from: FaultPoint, _ to: FaultPoint, _ rows: Int, _ bytes: Int64) throws
        -> Sample
    {
        guard let span = state.withLock({ $0.spans[to] }), span.from == from else {
            throw BenchFault("\(stage) was not seen from \(from) to \(to)")
        }
        var sample = span.sample
        sample.stage = stage
        sample.rows = rows
        sample.bytes = bytes
        return sample
    }
}
