import Testing

@testable import StripeSimulator

@Suite struct EventTests {
    private func events(_ bench: Bench, _ query: String = "") async throws -> JSONValue {
        let request = try ListRequest(path: "/v2/core/events", query: query)
        return try await bench.simulator.listEvents(request, caller: Bench.caller())
    }

    /// Event names of one job, oldest first, without what all have in common.
    private func story(_ bench: Bench, _ id: String) async throws -> [String] {
        try await data(events(bench, "object_id=\(id)")).reversed().compactMap {
            $0["type"]?.string?.split(separator: ".").last.map(String.init)
        }
    }

    private func data(_ page: JSONValue) -> [JSONValue] {
        if case .array(let entries) = page["data"] { entries } else { [] }
    }

    @Test func aGoodJobTellsEachStepOnce() async throws {
        let bench = try Bench()
        let id = try await bench.create()
        try await bench.upload(Bench.customers(10), to: id)
        await bench.advance(60)
        let steps = ["created", "ready_for_upload", "validating", "updated", "completed"]
        #expect(try await story(bench, id) == steps)
    }

    @Test func skippedValidationIsNotTold() async throws {
        let bench = try Bench()
        let id = try await bench.create(Bench.body(skipValidation: true))
        try await bench.upload(Bench.customers(1), to: id)
        #expect(try await story(bench, id) == ["created", "ready_for_upload", "updated"])
    }

    @Test(arguments: [
        ("timeout", "timeout"), ("batch_failed", "batch_failed"), ("cancelled", "canceled"),
        ("odd", "updated"),
    ])
    func eachBadEndHasItsEvent(end: String, event: String) async throws {
        let bench = try Bench(scenario: "{\"jobs\":[{\"end\":\"\(end)\"}]}")
        let id = try await bench.create()
        try await bench.upload(Bench.customers(4), to: id)
        await bench.advance(60)
        #expect(try await story(bench, id).last == event)
    }

    @Test func aBadFileACancelAndAMissedUploadHaveTheirs() async throws {
        let bench = try Bench()
        let bad = try await bench.create()
        try await bench.upload("not json\n", to: bad)
        let canceled = try await bench.create()
        for _ in 0..<2 { _ = try await bench.simulator.cancel(canceled, body: [:], caller: Bench.caller()) }
        let late = try await bench.create()
        await bench.advance(301)
        #expect(try await story(bench, bad).last == "validation_failed")
        #expect(
            try await story(bench, canceled) == ["created", "ready_for_upload", "updated", "canceled"])
        #expect(try await story(bench, late).last == "upload_timeout")
    }

    @Test func theTimeOfAnEventIsThatOfTheChange() async throws {
        let bench = try Bench()
        let id = try await bench.create()
        await bench.advance(86_400)
        let event = try #require(data(try await events(bench, "object_id=\(id)")).first)
        #expect(event["created"]?.string == (Bench.start + .minutes(5)).rfc3339)
    }

    @Test func pushedEventsHaveTheShapeOfStripesSamples() async throws {
        let bench = try Bench()
        let id = try await bench.create()
        try await bench.upload(Bench.customers(1), to: id)
        await bench.advance(60)
        let account = try Bench.caller().account
        let now = await bench.simulator.clock.now
        for event in await bench.simulator.events.log.events(of: account, now: now) {
            let sample = event.request == nil ? "event-completed.json" : "event-created.json"
            #expect(try Fixture.shape(event.pushed) == Fixture.shape(Fixture.json(sample)))
            var fetched = try #require(event.fetched.object)
            #expect(fetched.removeValue(forKey: "data") == [:])
            #expect(fetched.removeValue(forKey: "changes") == .null)
            #expect(.object(fetched) == event.pushed)
        }
    }

    @Test func eventsLastThirtyDays() async throws {
        let bench = try Bench()
        let id = try await bench.create()
        await bench.advance(30 * 86_400 - 1)
        #expect(try await story(bench, id).count == 3)
        await bench.advance(1)
        #expect(try await story(bench, id) == ["upload_timeout"])
    }

    @Test(arguments: [1, 2, 3, 20])
    func pagesHoldEachEventOnceAndLeadBack(limit: Int) async throws {
        let bench = try Bench()
        for _ in 0..<4 { _ = try await bench.create() }
        var pages: [JSONValue] = []
        var url: String? = "/v2/core/events?limit=\(limit)&types%5B0%5D=v2.core.batch_job.created"
        while let page = url {
            pages.append(try await events(bench, String(page.drop { $0 != "?" }.dropFirst())))
            url = pages.last?["next_page_url"]?.string
        }
        #expect(pages.count == (4 + limit - 1) / limit)
        #expect(Set(pages.flatMap(data).map { $0["id"] }).count == 4)
        for (page, next) in zip(pages, pages.dropFirst()) {
            let back = try #require(next["previous_page_url"]?.string)
            let again = try await events(bench, String(back.drop { $0 != "?" }.dropFirst()))
            #expect(data(again) == data(page))
        }
    }

    @Test func aPageBelongsToItsFilters() async throws {
        let bench = try Bench()
        for _ in 0..<2 { _ = try await bench.create() }
        let url = try #require(try await events(bench, "limit=1")["next_page_url"]?.string)
        let page = try #require(url.split(separator: "page=").last)
        #expect(throws: APIError.self) {
            try ListRequest(path: "/v2/core/events", query: "limit=1&object_id=x&page=\(page)")
        }
    }

    @Test(arguments: [
        "limit=0", "limit=101", "limit=x", "page=nonsense", "types=a", "types[]=a", "created[gt]=soon", "x=1",
    ])
    func aListThatIsNotUnderstoodIsRefused(query: String) async throws {
        let bench = try Bench()
        await #expect(throws: APIError.self) { try await events(bench, query) }
    }

    @Test(arguments: [
        "2026-03-09T20:55:31.123Z", "2026-03-09T20:55:31.001Z", "1970-01-01T00:00:00.999Z",
    ])
    func timesKeepTheirMilliseconds(text: String) throws {
        #expect(try #require(SimulatedTime(rfc3339: text)).rfc3339 == text)
    }
}
