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

    @Test func aListThatIsWatchedInAPipeGetsALineForEachChange() async throws {
        let lists = [(1, 1), (1, 1), (2, 1)].map { first, second in
            FakeDaemon.Answer(
                body: Documents.list(
                    Documents.workload(succeeded: first),
                    Documents.workload(succeeded: second).replacing("\"w12\"", with: "\"w13\"")))
        }
        try await FakeDaemon.serving(["GET /v1/workloads": lists]) { daemon in
            let (people, programs) = (Bench(), Bench())
            #expect(
                await people.run("list", "workloads", "-w", "--timeout", "6s", socket: daemon.socket) == .ok)
            let lines = people.out.split(separator: "\n")
            #expect(lines.map { $0.prefix(3) } == ["ID ", "w12", "w13", "w12"], "\(people.out)")
            #expect(Set(lines.map(\.count)).count == 1, "the columns stay where they are")
            _ = await programs.run(
                "list", "workloads", "-w", "-o", "json", "--timeout", "2s", socket: daemon.socket)
            #expect(programs.out.split(separator: "\n").count == 2 && programs.out.hasPrefix("{"))
        }
    }

    @Test(arguments: [80, 200])
    func aListThatIsWatchedOnATerminalIsDrawnAnew(columns: Int) async throws {
        let body = Documents.list(Documents.batch)
        try await FakeDaemon.serving(["GET /v1/batches": [.init(body: body)]]) { daemon in
            let bench = Bench(columns: columns)
            #expect(
                await bench.run(
                    "list", "batches", "-w", "--no-color", "--timeout", "2s", socket: daemon.socket) == .ok)
            let screens = bench.out.components(separatedBy: "\u{1B}[H")
            #expect(screens.count == 3, "one to clear, and two looks")
            let lines = screens[1].replacing("\u{1B}[K", with: "").replacing("\u{1B}[J", with: "")
                .split(separator: "\n")
            #expect(lines.count == 3 && lines.allSatisfy { $0.count <= columns })
            #expect(lines.last == "2026-11-22 07:00:00 UTC  Ctrl-C ends it")
        }
    }
}
