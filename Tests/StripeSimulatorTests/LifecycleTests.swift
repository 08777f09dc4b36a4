import Foundation
import Testing

@testable import StripeSimulator

@Suite struct LifecycleTests {
    @Test func aFileIsValidatedThenExecutedAtTheJobsRateThenComplete() async throws {
        let bench = try Bench(rowsPerSecond: 100)
        let id = try await bench.create()
        try await bench.upload(Bench.customers(400), to: id)
        #expect(try await bench.status(id) == "validating")
        await bench.advance(0.1)
        #expect(try await bench.job(id)["status_details"] == ["validating": ["validated_count": "200"]])
        await bench.advance(1.1)  // 0.2 s of validation, then 1 s of work
        let progress: JSONValue = ["in_progress": ["success_count": "100", "failure_count": "0"]]
        #expect(try await bench.job(id)["status_details"] == progress)
        await bench.advance(3)
        #expect(try await bench.status(id) == "complete")
    }

    @Test func resultsHoldEveryRowOnceInAnotherOrder() async throws {
        let bench = try Bench()
        let id = try await bench.create()
        try await bench.upload(Bench.customers(200), to: id)
        await bench.advance(60)
        let ids = try await bench.results(id).compactMap { $0["id"]?.string }
        let sent = (0..<200).map { "r-\($0)" }
        #expect(ids != sent)
        #expect(ids.sorted() == sent.sorted())
    }

    @Test func skippedValidationGoesStraightToExecution() async throws {
        let bench = try Bench()
        let id = try await bench.create(Bench.body(skipValidation: true))
        try await bench.upload(Bench.customers(1) + "{\"id\":\"r-x\"}\nnot json\n", to: id)
        #expect(try await bench.status(id) == "in_progress")
        await bench.advance(10)
        let statuses = try await bench.results(id).map { $0["status"] }
        #expect(statuses.filter { $0 == 200 }.count == 1)
        #expect(statuses.filter { $0 == 400 }.count == 2)
    }

    @Test(arguments: [
        "not json\n", "{\"id\":\"r 1\",\"path_params\":{\"customer\":\"c\"}}\n", "{\"id\":\"r-9\"}\n",
        "{\"path_params\":{\"customer\":\"c\"}}\n", "{\"id\":\"r-0\",\"path_params\":{\"customer\":\"c\"}}\n",
        "{\"id\":\"r-9\",\"path_params\":{\"customer\":\"c\",\"more\":\"m\"}}\n",
        "{\"id\":\"r-9\",\"path_params\":{\"customer\":\"c\"},\"params\":[]}\n", "\n",
    ])
    func aBadFileIsAcceptedAndFailsLaterNamingItsRow(line: String) async throws {
        let bench = try Bench()
        let id = try await bench.create()
        try await bench.upload(Bench.customers(5) + line, to: id)
        #expect(try await bench.status(id) == "validating")
        await bench.advance(5)
        #expect(try await bench.status(id) == "validation_failed")
        let results = try await bench.results(id)
        #expect(results.count == 1)
        let message = try #require(results.first?["response"]?["error"]?["message"]?.string)
        #expect(message.hasPrefix("Row 6: "))
        #expect(await bench.count("attempts") == 0)
    }

    @Test func cancelLetsRowsInFlightFinishAndStartsNoMore() async throws {
        let bench = try Bench(rowsPerSecond: 10)
        let id = try await bench.create(Bench.body(skipValidation: true))
        try await bench.upload(Bench.customers(100), to: id)
        await bench.advance(3)
        let answer = try await bench.simulator.cancel(id, body: [:], caller: Bench.caller())
        #expect(answer.body["status"] == "cancelling")
        #expect(answer.body["status_details"] == [:])
        await bench.advance(5)
        #expect(try await bench.status(id) == "canceled")
        #expect(try await bench.results(id).count == 40)
        #expect(await bench.count("attempts") == 40)
    }

    @Test func cancelBeforeAnyRowLeavesNoFile() async throws {
        let bench = try Bench()
        let id = try await bench.create()
        _ = try await bench.simulator.cancel(id, body: [:], caller: Bench.caller())
        await bench.advance(2)
        let details: JSONValue = ["canceled": ["success_count": "0", "failure_count": "0"]]
        #expect(try await bench.job(id)["status_details"] == details)
    }

    @Test func cancelOfACanceledJobChangesNothingAndOfACompleteOneIsRefused() async throws {
        let bench = try Bench()
        let canceled = try await bench.create()
        _ = try await bench.simulator.cancel(canceled, body: [:], caller: Bench.caller())
        await bench.advance(2)
        let again = try await bench.simulator.cancel(canceled, body: [:], caller: Bench.caller())
        #expect(again.body["status"] == "canceled")

        let complete = try await bench.create()
        try await bench.upload(Bench.customers(1), to: complete)
        await bench.advance(10)
        await #expect(throws: APIError.notCancellable(complete, status: "complete")) {
            try await bench.simulator.cancel(complete, body: [:], caller: Bench.caller())
        }
    }

    @Test func withoutAFileTheJobDiesAfterFiveMinutes() async throws {
        let bench = try Bench()
        let id = try await bench.create()
        await bench.advance(299)
        #expect(try await bench.status(id) == "ready_for_upload")
        await bench.advance(1)
        #expect(try await bench.job(id)["status_details"] == [:])
        #expect(try await bench.status(id) == "upload_timeout")
    }

    @Test func afterADayPartialResultsCountAndRowsInFlightRanUnseen() async throws {
        let bench = try Bench(rowsPerSecond: 0.01)
        let id = try await bench.create(Bench.body(skipValidation: true))
        try await bench.upload(Bench.customers(1000), to: id)
        await bench.advance(86_399)
        #expect(try await bench.status(id) == "in_progress")
        await bench.advance(2)
        #expect(try await bench.status(id) == "timeout")
        #expect(try await bench.results(id).count == 864)
    }

    @Test func aDownloadLinkDiesInAnHourAndALookRenewsIt() async throws {
        let bench = try Bench()
        let id = try await bench.create()
        try await bench.upload(Bench.customers(1), to: id)
        await bench.advance(10)
        let file = try await bench.job(id)["status_details"]?["complete"]?["output_file"]
        let link = try Link(try #require(file?["download_url"]?["url"]?.string))
        await bench.advance(3600)
        await #expect(throws: StorageError.expired) {
            try await bench.simulator.admitDownload(
                token: link.token, stamp: link.stamp, signature: link.signature)
        }
        #expect(try await bench.results(id).count == 1)
    }

    @Test func resultsAreGoneAfterSevenDays() async throws {
        let bench = try Bench()
        let id = try await bench.create()
        try await bench.upload(Bench.customers(1), to: id)
        await bench.advance(6 * 86_400)
        #expect(try await bench.results(id).count == 1)
        let file = bench.directory + "/\(id).results.jsonl"
        #expect(FileManager.default.fileExists(atPath: file))
        await bench.advance(86_401)
        await #expect(throws: StorageError.gone) { try await bench.results(id) }
        #expect(!FileManager.default.fileExists(atPath: file))
    }

    @Test func aSecondUploadIsRefused() async throws {
        let bench = try Bench()
        let answer = try await bench.simulator.create(body: Bench.body(), caller: Bench.caller())
        let id = try #require(answer.body["id"]?.string)
        let details = answer.body["status_details"]?["ready_for_upload"]
        let link = try Link(try #require(details?["upload_url"]?["url"]?.string))
        try await bench.upload(Bench.customers(1), to: id)
        await #expect(throws: StorageError.alreadyUploaded) {
            try await bench.simulator.admitUpload(
                token: link.token, stamp: link.stamp, signature: link.signature)
        }
    }

    @Test func theRecordOfManyRowsIsReadBackWhole() async throws {
        let bench = try Bench()
        let id = try await bench.create()
        try await bench.upload(Bench.customers(8000), to: id)
        await bench.advance(600)
        let records = try await bench.simulator.rowRecords()
        #expect(Set(records.map(\.row)).count == 8000)
        #expect(records.allSatisfy { $0.executions == 1 })
    }

    @Test func theSameSeedGivesTheSameResults() async throws {
        var files: [[JSONValue]] = []
        for _ in 0..<2 {
            let bench = try Bench(scenario: "{\"rows\":[{\"share\":0.3,\"status\":500}]}", seed: 42)
            let id = try await bench.create()
            try await bench.upload(Bench.customers(100), to: id)
            await bench.advance(60)
            files.append(try await bench.results(id))
        }
        #expect(files[0] == files[1])
    }
}
