import Foundation
import Testing

@testable import StripeSimulator

@Suite struct FaultTests {
    /// Runs the same rows through one job after the other.
    private func run(_ scenario: String, rows: Int, jobs: Int) async throws -> (Bench, [[JSONValue]]) {
        let bench = try Bench(scenario: scenario)
        var results: [[JSONValue]] = []
        for _ in 0..<jobs {
            let id = try await bench.create()
            try await bench.upload(Bench.customers(rows), to: id)
            await bench.advance(3600)
            results.append(try await bench.results(id))
        }
        return (bench, results)
    }

    @Test func aShareOfRowsFailsOnceAndThenSucceeds() async throws {
        let (bench, results) = try await run(
            "{\"rows\":[{\"share\":0.2,\"times\":1,\"status\":429,\"code\":\"lock_timeout\"}]}", rows: 500,
            jobs: 2)
        let failed = results[0].filter { $0["status"] == 429 }
        #expect((60...140).contains(failed.count))
        #expect(failed.first?["response"]?["error"]?["code"] == "lock_timeout")
        #expect(results[1].allSatisfy { $0["status"] == 200 })
        #expect(await bench.count("executions") == 1000 - failed.count)
    }

    @Test func aRowWithoutALineWasExecutedAllTheSame() async throws {
        let (bench, results) = try await run(
            "{\"rows\":[{\"ids\":[\"r-3\"],\"line\":\"missing\"}]}", rows: 10, jobs: 1)
        #expect(results[0].count == 9)
        #expect(await bench.count("executions") == 10)
        let line = try await bench.ledger(.init(row: "r-3"))
        #expect(line.contains("\"executions\":1"))
        #expect(line.contains("\"reported\":[false]"))
    }

    @Test func aRowCanTakeEffectAndReportAnError() async throws {
        let (bench, results) = try await run(
            "{\"rows\":[{\"ids\":[\"r-3\"],\"status\":500,\"executed\":true,\"times\":1}]}", rows: 10, jobs: 2
        )
        #expect(results[0].filter { $0["status"] == 500 }.count == 1)
        let line = try await bench.ledger(.init(minExecutions: 2, row: "r-3"))
        #expect(line.contains("\"statuses\":[500,200]"))
    }

    @Test func aLargeLedgerListsEachRowAndObjectOnce() async throws {
        let bench = try Bench(scenario: "{\"rows\":[{\"share\":0.3,\"times\":1,\"status\":429}]}")
        for _ in 0..<2 {
            let id = try await bench.create()
            try await bench.upload(Bench.customers(15_000), to: id)
            await bench.advance(3600)
        }
        for query in [LedgerReport.Query(), .init(byObject: true)] {
            let lines = try await bench.ledger(query).split(separator: "\n").map {
                try #require(JSONValue(parsing: $0.utf8))
            }
            let names = lines.compactMap { $0[query.byObject ? "object" : "row"]?.string }
            #expect(names.count == 15_000 && Set(names).count == 15_000)
            #expect(lines.allSatisfy { $0["attempts"] == 2 })
            let executions = lines.reduce(0) { $0 + Int($1["executions"]?.double ?? 0) }
            #expect(await executions == bench.count("executions"))
        }
        let attributes = try FileManager.default.attributesOfItem(atPath: bench.directory + "/ledger.tsv")
        #expect((attributes[.size] as? Int ?? 0) > 2 << 20, "it is not large")
        let twice = try await bench.ledger(.init(minExecutions: 2)).split(separator: "\n").count
        #expect(await twice == bench.count("rows_executed_more_than_once"))
        #expect(await bench.count("rows_attempted_more_than_once") == 15_000)
        #expect(await bench.count("rows_never_executed") == 0)
    }

    @Test(arguments: [
        ("{\"wire\":[{\"on\":\"create\",\"action\":\"delay\",\"cuont\":1}]}", "count"),
        ("{\"limts\":{}}", "limits"), ("{\"limits\":{\"acount_per_second\":1}}", "account_per_second"),
        ("{\"quirks\":{\"omit_live_mode\":true}}", "omit_livemode"),
    ])
    func aMistypedMemberIsRefusedWithTheNearestOne(scenario: String, meant: String) throws {
        let fault = #expect(throws: ScenarioFault.self) { try Scenario(json: Data(scenario.utf8)) }
        #expect(
            fault?.description.contains("Did you mean '\(meant)'?") == true, "\(String(describing: fault))")
    }

    @Test(arguments: [
        (#"{"wire":[{"on":"create","action":"lose_aftr"}]}"#, "Did you mean 'lose_after'?"),
        (#"{"wire":[{"on":"create","action":"delay","probability":5}]}"#, "between 0 and 1"),
        (#"{"rows":[{"ids":["a"],"times":-1}]}"#, "0 or more"),
        (#"{"rows":[{"status":500}]}"#, "ids, prefix or share"),
        (#"{"quirks":{"second_put":"refuse"}}"#, "Did you mean 'refused'?"),
    ])
    func aValueThatMakesNoSenseIsRefused(scenario: String, reason: String) throws {
        let fault = #expect(throws: ScenarioFault.self) { try Scenario(json: Data(scenario.utf8)) }
        #expect(fault?.description.contains(reason) == true, "\(String(describing: fault))")
    }

    @Test(arguments: [("batch_failed", nil), ("timeout", 500), ("cancelled", 600), ("exploded", nil)])
    func aJobCanEndBadlyAtAShareOfItsRows(end: String, lines: Int?) async throws {
        let scenario = "{\"jobs\":[{\"end\":\"\(end)\",\"after_share\":0.5}]}"
        let bench = try Bench(rowsPerSecond: 100, scenario: scenario)
        let id = try await bench.create()
        try await bench.upload(Bench.customers(1000), to: id)
        await bench.advance(60)
        #expect(try await bench.status(id) == end)
        // The rows in flight at the end ran too; only a cancellation waits for their results.
        if let lines { #expect(try await bench.results(id).count == lines) }
        #expect(await bench.count("executions") == 600)
        let next = try await bench.create()
        try await bench.upload(Bench.customers(10), to: next)
        await bench.advance(60)
        #expect(try await bench.status(next) == "complete")
    }

    @Test(arguments: ["canceled", "cancelled", "batch_failed", "timeout"])
    func aJobThatEndsBeforeItBeginsExecutesNothing(end: String) async throws {
        let bench = try Bench(
            rowsPerSecond: 100, scenario: "{\"jobs\":[{\"end\":\"\(end)\",\"after_share\":0}]}")
        let id = try await bench.create()
        try await bench.upload(Bench.customers(1000), to: id)
        await bench.advance(60)
        #expect(try await bench.status(id) == end)
        #expect(await bench.count("executions") == 0)
    }

    @Test func aWireFaultStrikesAsOftenAsItSays() {
        var faults = Strikes<WireFault>(
            seed: 1,
            faults: [
                .init(on: .create, action: .loseAfter, count: 2, skip: 1),
                .init(on: .any, action: .delay, forever: true),
            ])
        #expect(faults.strike(.retrieve)?.action == .delay)
        #expect(faults.strike(.create)?.action == .delay)
        #expect(faults.strike(.create)?.action == .loseAfter)
        #expect(faults.strike(.create)?.action == .loseAfter)
        #expect(faults.strike(.create)?.action == .delay)
    }

    @Test(arguments: [
        "[]", "{\"wires\":[]}", "{\"wire\":[{\"on\":\"create\"}]}", "{\"rows\":[{\"shar\":1}]}",
        "{\"wire\":[{\"on\":\"nowhere\",\"action\":\"cut\"}]}",
    ])
    func aScenarioThatIsNotUnderstoodIsRefused(text: String) {
        #expect(throws: ScenarioFault.self) { try Bench(scenario: text) }
    }
}
