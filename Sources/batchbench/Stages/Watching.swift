import BatchCore
import BatchStore
import Env
import Glibc
import Logging
import Orchestration
import Spool
import StripeBatch
import Synchronization

/// A thousand jobs at Stripe, none of which ends: what it costs to plan around them, and to start with them.
struct Watching {
    let data: TestData
    /// As the daemon's state directory.
    let folder: String

    static let jobs = 1000
    private static let looks = 100

    /// Brings every row to Stripe in a thousand jobs, then rings again and again.
    ///
    /// The database is left as `kill -9` leaves it: the caller ends this process at once.
    func run() async throws -> [Sample] {
        let alarm = Alarm()
        let turns = Turns()
        let store = try Store(path: "\(folder)/batchd.db")
        let orchestrator = Orchestrator(
            store: store, settings: settings(), clock: turns.clock, entropy: .system, faults: .none,
            log: Logger(label: "bench") { _ in SwiftLogNoOpLogHandler() }, thread: StoreThread(name: "store"))
        try await orchestrator.recover()
        try await submit(data.input, to: orchestrator, alarm)
        let conductor = Conductor(
            orchestrator: orchestrator, spool: try Spool(folder: "\(folder)/spool"),
            archive: try Archive(root: "\(folder)/archive"), alarm: alarm, disk: StoreThread(name: "disk"))
        return try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await conductor.run() }
            while await orchestrator.liveBatches().count(where: { $0.phase.name == "processing" }) < Self.jobs
            {
                try await Task.sleep(for: .milliseconds(50))
            }
            let watch = Stopwatch()
            var seconds: [Double] = []
            for _ in 0..<Self.looks {
                turns.forget()
                alarm.ring()
                // The conductor is through when it does not read the clock any more.
                var before = 0
                while turns.count == 0 || turns.count > before {
                    before = turns.count
                    try await Task.sleep(for: .milliseconds(20))
                }
                seconds.append(turns.span / .seconds(1))
            }
            var sample = watch.read("plan", "batchd", rows: data.rows)
            sample.seconds = seconds.median
            alarm.silence()
            return [sample]
        }
    }

    private func settings() -> Settings {
        let account = StripeAccount(
            name: "main", baseURL: "https://stripe.invalid", apiVersion: "2026-09-30.preview",
            key: APIKey("sk_test_bench"))
        let policy = QueuePolicy(
            name: "update-customers",
            account: AccountPolicy(
                name: "main", apiVersion: account.apiVersion, maxConcurrentJobs: Self.jobs,
                poll: PollPolicy(min: .hours(1), max: .hours(1))),
            endpoint: Endpoint("POST /v1/customers/:customer")!, maxConcurrentJobs: Self.jobs,
            maxRowsPerJob: Int64(data.rows / Self.jobs), canary: nil)
        return Settings(
            queues: [policy], clients: ["main": StripeClient(account: account, transport: PatientStripe())],
            minFree: 0)
    }
}

/// A Stripe that takes every file, and works on it for ever.
private struct PatientStripe: Transport {
    private static let created = Mutex(0)

    func send(
        _ request: WireRequest, receive: (WireHead, UnsafeRawBufferPointer) throws -> Bool
    ) async throws -> WireHead {
        let head = WireHead(status: 200, headers: [])
        let id: String
        let status: String
        switch request.method {
        case .put: return head
        case .post:
            id = "batchv2_\(Self.created.withLock { $0 += 1; return $0 })"
            status =
                #""ready_for_upload","status_details":{"ready_for_upload":{"upload_url":{"url":"https://x.invalid/"}}}"#
        case .get:
            id = String(request.url.reveal.split(separator: "/").last ?? "")
            status = #""in_progress","status_details":{"in_progress":{"success_count":1,"failure_count":0}}"#
        }
        let answer =
            #"{"id":"\#(id)","object":"v2.core.batch_job","created":"2099-01-01T00:00:00Z","status":\#(status)}"#
        _ = try Array(answer.utf8).withUnsafeBytes { try receive(head, $0) }
        return head
    }
}

/// A clock that remembers when it was read: the conductor does when it begins to plan, and when it has planned.
private final class Turns: Sendable {
    private struct Reads {
        var count = 0
        var first: ContinuousClock.Instant?
        var last: ContinuousClock.Instant?
    }

    private let reads = Mutex(Reads())

    /// How often it was read since it was told to forget.
    var count: Int { reads.withLock { $0.count } }
    /// The time between the first reading and the last one.
    var span: Duration {
        reads.withLock { reads in
            guard let first = reads.first, let last = reads.last else { return .zero }
            return last - first
        }
    }

    /// Starts anew.
    func forget() { reads.withLock { $0 = Reads() } }

    var clock: Clock {
        Clock(
            now: { [self] in
                reads.withLock { reads in
                    let now = ContinuousClock.now
                    reads.count += 1
                    reads.first = reads.first ?? now
                    reads.last = now
                }
                return Clock.system.now()
            }, sleep: Clock.system.sleep)
    }
}
