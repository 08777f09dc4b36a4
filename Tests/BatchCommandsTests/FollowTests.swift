import FoundationEssentials
import Testing

@testable import BatchCommands

/// `watch` and `wait`.
struct FollowTests {
    private static let ended = "2026-11-22T07:00:00Z"

    @Test(arguments: [
        (Documents.workload(state: "finished", failed: 0, finishedAt: ended), CommandExit.ok),
        (Documents.workload(state: "finished", finishedAt: ended), .failedRows),
        (Documents.workload(state: "canceled", failed: 0, finishedAt: ended), .ok),
        (Documents.workload(state: "canceled", finishedAt: ended), .failedRows),
        (Documents.workload(state: "held", held: 5, reason: "unknown_outcome"), .held),
    ])
    func theWayAWorkloadEndsIsTheExitCode(document: String, exit: CommandExit) async throws {
        try await FakeDaemon.serving([
            "GET /v1/workloads/w12": [.init(body: Documents.workload()), .init(body: document)]
        ]) { daemon in
            let bench = Bench()
            #expect(await bench.run("wait", "w12", socket: daemon.socket) == exit)
            #expect(bench.out.isEmpty)
            #expect(daemon.calls.count == 2)
        }
    }

    @Test(arguments: ["paused", "queued", "loading", "dreaming"])
    func aWaitThatIsOverInTimeExitsWith69(state: String) async throws {
        try await FakeDaemon.serving([
            "GET /v1/workloads/w12": [.init(body: Documents.workload(state: state))]
        ]) { daemon in
            let bench = Bench()
            #expect(await bench.run("wait", "w12", "--timeout", "5s", socket: daemon.socket) == .stillRunning)
            #expect(bench.err == "w12 still runs: 1,920,000 of 4,120,000 rows are done.\n")
        }
    }

    @Test func watchingWithoutATerminalPrintsALineForEachChange() async throws {
        try await FakeDaemon.serving([
            "GET /v1/workloads/w12": [
                .init(body: Documents.workload(succeeded: 1)), .init(body: Documents.workload(succeeded: 1)),
                .init(body: Documents.workload(succeeded: 2)),
                .init(
                    body: Documents.workload(
                        state: "finished", failed: 0, canceled: 0, finishedAt: Self.ended)),
            ]
        ]) { daemon in
            let bench = Bench()
            #expect(await bench.run("watch", "w12", socket: daemon.socket) == .ok)
            #expect(bench.out.split(separator: "\n").count == 3)
            #expect(!bench.out.contains("\u{1B}"))
        }
    }

    @Test func watchingOnATerminalRedrawsInPlaceAndFits() async throws {
        try await FakeDaemon.serving([
            "GET /v1/workloads/w12": [
                .init(body: Documents.workload()),
                .init(body: Documents.workload(state: "finished", finishedAt: Self.ended)),
            ]
        ]) { daemon in
            let bench = Bench(columns: 80)
            #expect(await bench.run("watch", "w12", "--no-color", socket: daemon.socket) == .failedRows)
            #expect(bench.out.components(separatedBy: "\u{1B}[3A\r").count == 2)
            #expect(!bench.out.contains("\u{1B}[?25"), "the cursor stays visible")
            let drawn = bench.out.replacing("\u{1B}[3A\r", with: "").replacing("\u{1B}[K", with: "")
                .replacing("\u{1B}[J", with: "")
            #expect(drawn.split(separator: "\n").count == 6)
            #expect(drawn.split(separator: "\n").allSatisfy { $0.count < 80 })
            #expect(bench.err.contains("batchctl rows w12 --state failed"))
        }
    }

    @Test func aRestartOfTheDaemonIsWaitedOut() async throws {
        let away = FakeDaemon.Answer(
            status: 503, body: #"{"error":{"code":"starting","message":"Starting."}}"#)
        try await FakeDaemon.serving([
            "GET /v1/workloads/w12": [
                .init(body: Documents.workload()), away, away,
                .init(
                    body: Documents.workload(
                        state: "finished", failed: 0, canceled: 0, finishedAt: Self.ended)),
            ]
        ]) { daemon in
            let bench = Bench()
            #expect(await bench.run("wait", "w12", socket: daemon.socket) == .ok)
            #expect(bench.err == "The daemon is away. Waiting for it to come back …\n")
        }
    }

    @Test func patienceHasAnEnd() async throws {
        let away = FakeDaemon.Answer(
            status: 503, body: #"{"error":{"code":"starting","message":"Starting."}}"#)
        try await FakeDaemon.serving(["GET /v1/workloads/w12": [.init(body: Documents.workload()), away]]) {
            daemon in
            let bench = Bench()
            #expect(await bench.run("wait", "w12", socket: daemon.socket) == .temporary)
            #expect(daemon.calls.count == 62)
        }
    }
}
