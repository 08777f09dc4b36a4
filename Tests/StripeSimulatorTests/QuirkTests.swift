import Foundation
import Testing

@testable import StripeSimulator

/// Each contradiction of the documents is a switch.
@Suite struct QuirkTests {
    private func bench(_ quirks: String, rowsPerSecond: Double? = nil) throws -> Bench {
        try Bench(rowsPerSecond: rowsPerSecond, scenario: "{\"quirks\":{" + quirks + "}}")
    }

    private func cancel(_ id: String, on bench: Bench) async throws -> JSONValue {
        try await bench.simulator.cancel(id, body: [:], caller: Bench.caller()).body
    }

    @Test func canceledIsSpelledWithTwoLs() async throws {
        let bench = try bench("\"canceled_spelling\":\"cancelled\"")
        let id = try await bench.create()
        _ = try await cancel(id, on: bench)
        await bench.advance(2)
        let job = try await bench.job(id)
        #expect(job["status"] == "cancelled")
        #expect(job["status_details"]?["cancelled"] != nil)
    }

    @Test func aCancelBeforeTheUploadIsImmediate() async throws {
        let bench = try bench("\"immediate_cancel_before_upload\":true")
        let answer = try await cancel(try await bench.create(), on: bench)
        #expect(answer["status"] == "canceled")
    }

    @Test func aCanceledJobHasAFileAlwaysOrNever() async throws {
        let always = try bench("\"canceled_output\":\"always\"")
        let empty = try await always.create()
        _ = try await cancel(empty, on: always)
        await always.advance(2)
        #expect(try await always.results(empty).isEmpty)

        let never = try bench("\"canceled_output\":\"never\"", rowsPerSecond: 10)
        let id = try await never.create(Bench.body(skipValidation: true))
        try await never.upload(Bench.customers(100), to: id)
        await never.advance(3)
        _ = try await cancel(id, on: never)
        await never.advance(5)
        let details = try await never.job(id)["status_details"]?["canceled"]
        #expect(details == ["success_count": "40", "failure_count": "0"])
    }

    @Test func membersAreLeftOutAddedAndTurnedIntoNumbers() async throws {
        let bench = try bench(
            """
            "omit_livemode":true,"omit_metadata":true,"omit_expires_at":true,"counts_as_numbers":true,
            "extra_fields":true,"job_id_prefix":"bj_"
            """)
        let id = try await bench.create()
        #expect(id.hasPrefix("bj_"))
        let waiting = try await bench.job(id)
        #expect(waiting["livemode"] == nil && waiting["metadata"] == nil)
        #expect(waiting["future_field"] != nil)
        let link = waiting["status_details"]?["ready_for_upload"]?["upload_url"]?.object
        #expect(link?.keys.sorted() == ["url"])
        try await bench.upload(Bench.customers(3), to: id)
        await bench.advance(60)
        let details = try await bench.job(id)["status_details"]?["complete"]
        #expect(details?["success_count"] == 3)
        #expect(details?["output_file"]?["size"]?.double != nil)
    }

    @Test(arguments: [("same", true), ("fresh", false)])
    func aReplayedCreateShowsTheSameURLOrAFreshOne(quirk: String, isSame: Bool) async throws {
        let bench = try bench("\"replayed_url\":\"\(quirk)\"")
        let caller = try Bench.caller(key: "k")
        let first = try await bench.simulator.create(body: Bench.body(), caller: caller).body
        let second = try await bench.simulator.create(body: Bench.body(), caller: caller).body
        #expect((first == second) == isSame)
        #expect(first["id"] == second["id"])
    }

    @Test func aSecondFileReplacesTheFirstUntilRowsRun() async throws {
        let bench = try bench("\"second_put\":\"replaces\"")
        let id = try await bench.create()
        let link = try await Self.uploadLink(id, on: bench)
        try await bench.upload(Bench.customers(5), through: link)
        try await bench.upload(Bench.customers(3), through: link)
        await bench.advance(60)
        #expect(try await bench.results(id).count == 3)
        try await bench.upload(Bench.customers(9), through: link)
        #expect(try await bench.results(id).count == 3)
    }

    @Test(arguments: ["start", "end"])
    func theDeadlineCountsAtEitherEndOfTheTransfer(end: String) async throws {
        let bench = try bench("\"put_deadline\":\"\(end)\"")
        let id = try await bench.create()
        let link = try await Self.uploadLink(id, on: bench)
        let ticket = try await bench.simulator.admitUpload(
            token: link.token, stamp: link.stamp, signature: link.signature)
        await bench.advance(400)
        let file = try Bench.file(Bench.customers(1), at: ticket.path)
        if end == "start" {
            try await bench.simulator.acceptUpload(ticket, file)
            #expect(try await bench.status(id) == "validating")
        } else {
            await #expect(throws: StorageError.alreadyUploaded) {
                try await bench.simulator.acceptUpload(ticket, file)
            }
            #expect(try await bench.status(id) == "upload_timeout")
        }
    }

    @Test func aTransferThatBreaksOffHoldsNothingOpen() async throws {
        let bench = try bench("\"put_deadline\":\"start\"")
        let id = try await bench.create()
        let link = try await Self.uploadLink(id, on: bench)
        let ticket = try await bench.simulator.admitUpload(
            token: link.token, stamp: link.stamp, signature: link.signature)
        await bench.advance(400)
        #expect(try await bench.status(id) == "ready_for_upload")
        await bench.simulator.endUpload(ticket)
        await bench.advance(1)
        #expect(try await bench.status(id) == "upload_timeout")
    }

    @Test func resultsThatAreGoneHaveNoURLOrNoJob() async throws {
        for quirk in ["no_url", "not_found"] {
            let bench = try bench("\"expired_results\":\"\(quirk)\"")
            let id = try await bench.create()
            try await bench.upload(Bench.customers(1), to: id)
            await bench.advance(60)
            #expect(try await bench.results(id).count == 1)
            await bench.advance(7 * 86_400)
            if quirk == "no_url" {
                let file = try await bench.job(id)["status_details"]?["complete"]?["output_file"]
                #expect(file?.object?.keys.sorted() == ["content_type", "size"])
            } else {
                await #expect(throws: APIError.jobNotFound(id)) { try await bench.job(id) }
            }
        }
    }

    @Test(arguments: ["in_file", "in_job"])
    func theFirstErrorIsInTheFileAndPerhapsInTheJob(place: String) async throws {
        let bench = try bench("\"validation_error\":\"\(place)\"")
        let id = try await bench.create()
        try await bench.upload(Bench.customers(2) + "{\"id\":\"r-0\"}\n", to: id)
        await bench.advance(60)
        let details = try await bench.job(id)["status_details"]?["validation_failed"]
        let shown = details?["first_error"]?.string
        #expect(place == "in_job" ? shown?.hasPrefix("Row 3: ") == true : details != nil && shown == nil)
        let line = try #require(try await bench.results(id).first)
        #expect(line["response"]?["error"]?["message"]?.string?.hasPrefix("Row 3: ") == true)
    }

    @Test func metadataAndSkipValidationAreRequiredOrNot() throws {
        let rules = try #require(VersionRules.of("2026-09-30.preview"))
        var body = Bench.body().object ?? [:]
        body["metadata"] = nil
        var quirks = Quirks()
        quirks.metadata = .required
        #expect(throws: APIError.self) {
            try CreateRequest(body: .object(body), rules: rules, quirks: quirks)
        }
        quirks.metadata = .optional
        quirks.skipValidation = .optional
        body["skip_validation"] = nil
        #expect(try !CreateRequest(body: .object(body), rules: rules, quirks: quirks).skipValidation)
    }

    @Test func quirksArePostedAndClearedLikeFaults() async throws {
        let bench = try Bench()
        try await bench.simulator.add(Scenario(json: Data("{\"quirks\":{\"omit_livemode\":true}}".utf8)))
        let posted = await bench.simulator.activeFaults
        #expect(posted["quirks"]?["omit_livemode"] == true)
        await bench.simulator.clearFaults()
        let cleared = await bench.simulator.activeFaults
        #expect(cleared["quirks"]?["omit_livemode"] == false)
    }

    @Test(arguments: [
        "{\"quirks\":{\"odd\":1}}", "{\"quirks\":{\"second_put\":\"maybe\"}}", "{\"quirks\":[]}",
    ])
    func anUnknownQuirkIsRefused(scenario: String) {
        #expect(throws: ScenarioFault.self) { try Scenario(json: Data(scenario.utf8)) }
    }

    private static func uploadLink(_ id: String, on bench: Bench) async throws -> Link {
        let details = try await bench.job(id)["status_details"]?["ready_for_upload"]
        return try Link(try #require(details?["upload_url"]?["url"]?.string))
    }
}
