import Foundation
import Testing

@testable import BatchCommands

/// The commands against a daemon of fixed answers.
struct CommandTests {
    @Test func statusBeginsWithASentence() async throws {
        try await FakeDaemon.serving(["GET /v1/status": [.init(body: Documents.status)]]) { daemon in
            let bench = Bench()
            #expect(await bench.run("status", socket: daemon.socket) == .ok)
            let lines = bench.out.split(separator: "\n")
            #expect(lines[0] == "A person must decide: 12 rows of w3 are held (unknown_outcome).")
            #expect(
                lines[1]
                    == "batchd 0.1.0, pid 4711, since 2026-11-22 06:30:00 UTC; 1 workload under way, 2 jobs running, next look at Stripe in 4 s."
            )
            #expect(bench.out.contains("Nearest deadline: upload window closes for b34 in 3 m 20 s."))
            #expect(bench.out.contains("Alarm: results expire for batchv2_9 in 2 d (soon).\n"))
            #expect(
                bench.out.contains(
                    "Reads: 2,800 of 10,000 GETs left this month in main; jobs are looked at more rarely.\n"))
            #expect(bench.out.contains("      batchctl rows w3 --state held\n"))
            #expect(bench.out.contains("      batchctl release w3 --all --reason '…'\n"))
            #expect(
                bench.out.contains(
                    "Paused: update-customers since 2026-11-22 06:50:00 UTC until 2026-11-22 09:00:00 UTC: asked by billing\n"
                ))
            #expect(!bench.out.contains("\u{1B}") && bench.err.isEmpty)
        }
    }

    @Test(arguments: [
        (
            "\"alarms\":[{\"what\":\"results expire\"", "soon", "urgent",
            "A person must look: results expire for batchv2_9"
        ),
        ("\"held\":[", "", "", "A person must decide: "),
    ])
    func theFirstSentenceIsTheMostPressing(part: String, old: String, new: String, sentence: String)
        async throws
    {
        #expect(Documents.status.contains(part))
        let document =
            old.isEmpty ? Documents.status : Documents.status.replacing("\"\(old)\"", with: "\"\(new)\"")
        try await FakeDaemon.serving(["GET /v1/status": [.init(body: document)]]) { daemon in
            let bench = Bench()
            _ = await bench.run("status", socket: daemon.socket)
            #expect(bench.out.hasPrefix(sentence), "\(bench.out)")
        }
    }

    @Test func aDaemonWithNothingToDecideSaysWhatItWaitsForOrThatAllIsWell() async throws {
        let start = try #require(Documents.status.range(of: "\"held\":[")).upperBound
        let end = try #require(Documents.status.range(of: "],\"disk\"")).lowerBound
        let waiting = Documents.status.replacingCharacters(in: start..<end, with: "")
        let well = waiting.replacing("Waiting for Stripe.", with: "")
        try await FakeDaemon.serving(["GET /v1/status": [.init(body: waiting), .init(body: well)]]) {
            daemon in
            let (first, second) = (Bench(), Bench())
            _ = await first.run("status", socket: daemon.socket)
            _ = await second.run("status", socket: daemon.socket)
            #expect(first.out.hasPrefix("Not now: Waiting for Stripe.\n"), "\(first.out)")
            #expect(
                second.out.hasPrefix(
                    "All is well: 1 workload under way, 2 jobs running, next look at Stripe in 4 s.\n"),
                "\(second.out)")
        }
    }

    @Test(arguments: [80, 200])
    func aWorkloadHasAScreenOfItsOwn(columns: Int) async throws {
        try await FakeDaemon.serving([
            "GET /v1/workloads/w12": [.init(body: Documents.workload(state: "held", held: 5))],
            "GET /v1/workloads/w12/explain": [.init(body: Documents.explanation)],
            "GET /v1/batches": [.init(body: Documents.list(Documents.batch))],
            "GET /v1/deadlines": [.init(body: Documents.list(Documents.deadline))],
        ]) { daemon in
            let bench = Bench(columns: columns)
            #expect(await bench.run("status", "w12", "--no-color", socket: daemon.socket) == .ok)
            let lines = bench.out.split(separator: "\n")
            #expect(lines.allSatisfy { $0.count <= columns })
            #expect(bench.out.contains("Why: A person decides about rows that may have run.\n"))
            #expect(bench.out.contains("Nearest deadline: upload window closes for b34 in 3 m 20 s.\n"))
            #expect(bench.out.contains("Commands: batchctl rows w12 --state held\n"))
            #expect(bench.out.contains("\nb34 "))
            let wrong = Bench()
            #expect(await wrong.run("status", "b34", socket: daemon.socket) == .usage)
            #expect(wrong.err.contains("batchctl show b34"))
        }
    }

    @Test func colourIsForTerminalsThatWantIt() async throws {
        try await FakeDaemon.serving(["GET /v1/status": [.init(body: Documents.status)]]) { daemon in
            let (terminal, refused, set) = (Bench(columns: 80), Bench(columns: 80), Bench(columns: 80))
            _ = await terminal.run("status", socket: daemon.socket)
            _ = await refused.run("status", "--no-color", socket: daemon.socket)
            _ = await set.run("status", socket: daemon.socket, environment: ["NO_COLOR": "1"])
            #expect(terminal.out.contains("\u{1B}[31m1,204\u{1B}[0m"))
            #expect(!refused.out.contains("\u{1B}") && !set.out.contains("\u{1B}"))
        }
    }

    @Test func listsAreTablesForPeopleAndLinesForPrograms() async throws {
        let list = Documents.list(Documents.workload(), Documents.workload())
        try await FakeDaemon.serving(["GET /v1/workloads": [.init(body: list)]]) { daemon in
            let (people, programs) = (Bench(), Bench())
            #expect(
                await people.run(
                    "list", "workloads", "--state", "running", "--queue", "a&b=c d", socket: daemon.socket)
                    == .ok)
            #expect(await programs.run("list", "workloads", "-o", "json", socket: daemon.socket) == .ok)
            #expect(people.out.split(separator: "\n").count == 3)
            #expect(programs.out.split(separator: "\n").count == 2 && programs.out.hasPrefix("{"))
            #expect(
                daemon.calls.map(\.line) == [
                    "GET /v1/workloads?state=running&queue=a%26b%3Dc%20d", "GET /v1/workloads",
                ])
        }
    }

    @Test func everyKindCanBeListedAndAnEmptyListIsAMessage() async throws {
        try await FakeDaemon.serving([
            "GET /v1/batches": [.init(body: Documents.list(Documents.batch))],
            "GET /v1/jobs": [.init(body: Documents.list(Documents.job))],
            "GET /v1/deadlines": [.init(body: Documents.list(Documents.deadline))],
            "GET /v1/queues": [.init(body: Documents.list(Documents.queue)), .init(body: Documents.list())],
        ]) { daemon in
            for (kind, fact) in [
                ("batches", "in 4 s"), ("jobs", "in_progress"), ("deadlines", "in 3 m 20 s"),
                ("queues", "2/4"),
            ] {
                let bench = Bench()
                #expect(await bench.run("list", kind, socket: daemon.socket) == .ok)
                #expect(bench.out.contains(fact))
            }
            let bench = Bench()
            #expect(await bench.run("list", "queues", socket: daemon.socket) == .ok)
            #expect(bench.out.isEmpty && bench.err == "No queues.\n")
        }
    }

    @Test func showKnowsAnIdByItsForm() async throws {
        try await FakeDaemon.serving([
            "GET /v1/workloads/w12": [.init(body: Documents.workload())],
            "GET /v1/batches/b34": [.init(body: Documents.batch)],
            "GET /v1/jobs/batchv2_1QabcDEF": [.init(body: Documents.job)],
        ]) { daemon in
            for (id, fact) in [
                ("w12", "1,903,221"), ("b34", "212.3 MB"), ("batchv2_1QabcDEF", "in_progress"),
            ] {
                let bench = Bench()
                #expect(await bench.run("show", id, socket: daemon.socket) == .ok)
                #expect(bench.out.contains(fact))
            }
            let (absent, wrong) = (Bench(), Bench())
            #expect(await absent.run("show", "w99", socket: daemon.socket) == .error)
            #expect(absent.err == "Error: There is no such thing.\n")
            #expect(await wrong.run("show", "x9", socket: daemon.socket) == .usage)
        }
    }

    @Test func rowsAndResultsPassThroughUnchanged() async throws {
        let lines = #"{"row":"r-1","input":{"a" : 1.10}}"# + "\n" + #"{"row":"r-2"}"# + "\n"
        try await FakeDaemon.serving([
            "GET /v1/workloads/w12/rows": [.init(body: lines)],
            "GET /v1/workloads/w12/results": [.init(body: lines)],
        ]) { daemon in
            let (rows, results) = (Bench(), Bench())
            #expect(
                await rows.run(
                    "rows", "w12", "--state", "failed", "--code", "resource_missing", socket: daemon.socket)
                    == .ok)
            #expect(
                await results.run("results", "w12", "--input", "-o", "json", socket: daemon.socket) == .ok)
            #expect(rows.out == lines && results.out == lines)
            #expect(
                daemon.calls.map(\.line) == [
                    "GET /v1/workloads/w12/rows?state=failed&code=resource_missing",
                    "GET /v1/workloads/w12/results?input=true",
                ])
        }
    }

    @Test(arguments: [(true, CommandExit.ok), (false, .integrity)])
    func anAuditThatDiffersExitsWith7(ok: Bool, exit: CommandExit) async throws {
        try await FakeDaemon.serving(["GET /v1/workloads/w12/audit": [.init(body: Documents.audit(ok: ok))]])
        { daemon in
            let bench = Bench()
            #expect(await bench.run("audit", "w12", socket: daemon.socket) == exit)
            #expect(bench.out.contains("DIFFERS") == !ok)
        }
    }

    @Test func explainSaysWhyWhatNextAndWhatWouldChangeIt() async throws {
        try await FakeDaemon.serving([
            "GET /v1/workloads/w12/explain": [.init(body: Documents.explanation)],
            "GET /v1/batches/b34/explain": [.init(body: Documents.explanation)],
            "GET /v1/jobs/batchv2_1/explain": [.init(body: Documents.explanation)],
        ]) { daemon in
            let bench = Bench()
            #expect(await bench.run("explain", "w12", "r-7", socket: daemon.socket) == .ok)
            #expect(
                bench.out == """
                    w12 is held since 2026-11-22 07:00:00 UTC (now).
                    Why: A person decides about rows that may have run.
                         b3 timed out
                    Next: nothing by itself.
                    To change it: batchctl rows w12 --state held

                    """, "\(bench.out)")
            for id in ["b34", "batchv2_1"] {
                #expect(await Bench().run("explain", id, socket: daemon.socket) == .ok)
            }
            #expect(daemon.calls.first?.line == "GET /v1/workloads/w12/explain?row=r-7")
            let wrong = Bench()
            #expect(await wrong.run("explain", "b34", "r-7", socket: daemon.socket) == .usage)
        }
    }

    @Test func whatIsPausedIsKnownByItsForm() async throws {
        try await FakeDaemon.serving([
            "POST /v1/workloads/w12/pause": [.init(body: Documents.workload(state: "paused"))],
            "POST /v1/queues/w-queue/pause": [.init(body: Documents.queue)],
            "POST /v1/resume": [.init(body: Documents.status)],
        ]) { daemon in
            let (workload, queue, all) = (Bench(), Bench(), Bench())
            #expect(
                await workload.run("pause", "w12", "--reason", "a b", "--until", "2h", socket: daemon.socket)
                    == .ok)
            #expect(
                workload.err
                    == "w12 is paused until 2026-11-22 09:00:00 UTC (in 2 h). Let it go on: batchctl resume w12\n",
                "\(workload.err)")
            #expect(await queue.run("pause", "w-queue", socket: daemon.socket) == .ok)
            #expect(await all.run("resume", "all", socket: daemon.socket) == .ok)
            #expect(all.err == "Everything goes on. Still paused by themselves: update-customers.\n")
            #expect(
                daemon.calls.map(\.line) == [
                    "POST /v1/workloads/w12/pause?reason=a%20b&until=2026-11-22T09%3A00%3A00Z",
                    "POST /v1/queues/w-queue/pause", "POST /v1/resume",
                ])
            let wrong = Bench()
            #expect(await wrong.run("pause", "w12", "--until", "soon", socket: daemon.socket) == .usage)
        }
    }

    @Test func decisionsNameRowsOrAllOfThemAndAReason() async throws {
        try await FakeDaemon.serving([
            "POST /v1/workloads/w12/release": [.init(body: Documents.decision(rows: 2))],
            "POST /v1/workloads/w12/fail": [.init(body: Documents.decision(rows: 7))],
            "POST /v1/workloads/w12/retry": [.init(body: Documents.decision(rows: 1204, givenUpBefore: 2))],
        ]) { daemon in
            let (release, fail, retry) = (Bench(), Bench(), Bench())
            #expect(
                await release.run("release", "w12", "r-1", "r-2", "--reason", "ok", socket: daemon.socket)
                    == .ok)
            #expect(release.err == "2 rows of w12 queued again. Follow: batchctl watch w12\n")
            #expect(
                await fail.run("fail", "w12", "--all", "--code", "c", "--reason", "no", socket: daemon.socket)
                    == .ok)
            #expect(await retry.run("retry", "w12", socket: daemon.socket) == .ok)
            #expect(
                retry.err == """
                    1,204 rows of w12 queued again. Follow: batchctl watch w12
                    2 of these rows were given up by a person before, perhaps because they were done by hand. \
                    To stop: batchctl pause w12

                    """)
            #expect(
                daemon.calls.map(\.line) == [
                    "POST /v1/workloads/w12/release?reason=ok",
                    "POST /v1/workloads/w12/fail?reason=no&code=c",
                    "POST /v1/workloads/w12/retry?state=failed",
                ])
            #expect(daemon.calls.first?.body == #"{"rows":["r-1","r-2"]}"#)
            let none = Bench()
            #expect(await none.run("release", "w12", "--reason", "x", socket: daemon.socket) == .usage)
            #expect(none.err.contains("Name rows, or give - or --all."), "\(none.err)")
            let both = Bench()
            #expect(
                await both.run("fail", "w12", "--all", "r-1", "--reason", "x", socket: daemon.socket)
                    == .usage)
            let noReason = Bench()
            #expect(await noReason.run("release", "w12", "--all", socket: daemon.socket) == .usage)
        }
    }

    @Test func cancelSaysWhatIsLeft() async throws {
        try await FakeDaemon.serving([
            "POST /v1/workloads/w12/cancel": [.init(body: Documents.workload(state: "canceled"))]
        ]) { daemon in
            let bench = Bench()
            #expect(await bench.run("cancel", "w12", "--now", socket: daemon.socket) == .ok)
            #expect(daemon.calls.map(\.line) == ["POST /v1/workloads/w12/cancel?now=true"])
            #expect(bench.err == "w12: 15,575 rows canceled.\n")
        }
    }

    @Test func eventsAreLinesToReadOrJSONLines() async throws {
        try await FakeDaemon.serving(["GET /v1/events": [.init(body: Documents.event + "\n")]]) { daemon in
            let (people, programs) = (Bench(), Bench())
            #expect(await people.run("events", "w12", "--since", "5", socket: daemon.socket) == .ok)
            #expect(await programs.run("events", "-o", "json", socket: daemon.socket) == .ok)
            #expect(
                people.out
                    == "7  2026-11-22 07:00:00 UTC  batch_staged  b34 by ada  The input file is written.\n")
            #expect(programs.out == Documents.event + "\n")
            #expect(daemon.calls.first?.line == "GET /v1/events?id=w12&since=5")
        }
    }

    @Test func anAnswerThatIsNotOursIsAnErrorWithoutACrash() async throws {
        try await FakeDaemon.serving([
            "GET /v1/status": [.init(body: "<html>"), .init(status: 502, body: "<html>")]
        ]) {
            daemon in
            let (strange, failed) = (Bench(), Bench())
            #expect(await strange.run("status", socket: daemon.socket) == .error)
            #expect(await failed.run("status", socket: daemon.socket) == .error)
            #expect(failed.err == "Error: The daemon answered 502 to GET /v1/status.\n")
        }
    }
}
