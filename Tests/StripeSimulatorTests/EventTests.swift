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

    // MARK: Destinations

    private static func destination(_ url: String = "http://127.0.0.1:1/") -> JSONValue {
        [
            "name": "Test", "type": "webhook_endpoint", "event_payload": "thin",
            "enabled_events": .array(["v2.core.batch_job.completed"]),
            "webhook_endpoint": ["url": .string(url)],
        ]
    }

    @Test func aCallAboutADestinationIsMadeOnceForEachKey() async throws {
        let simulator = try Bench().simulator
        let caller = try Bench.caller(key: "once")
        let made = try await simulator.createDestination(Self.destination(), caller: caller)
        let again = try await simulator.createDestination(Self.destination(), caller: caller)
        #expect(!made.isReplay && again.isReplay && made.body["id"] == again.body["id"])
        let id = try #require(made.body["id"]?.string)

        let ping = try await simulator.ping(id, caller: caller)
        let secondPing = try await simulator.ping(id, caller: caller)
        #expect(!ping.isReplay && secondPing.isReplay && ping.body == secondPing.body)
        let other = try await simulator.ping(id, caller: Bench.caller(key: "twice"))
        #expect(other.body["id"] != ping.body["id"])

        _ = try await simulator.enableDestination(id, false, caller: caller)
        _ = try await simulator.enableDestination(id, true, caller: Bench.caller())
        // The key is spent: it does not disable once more, and shows what is so by now.
        let replayed = try await simulator.enableDestination(id, false, caller: caller)
        #expect(replayed.isReplay && replayed.body["status"] == "enabled")

        #expect(try await !simulator.deleteDestination(id, caller: caller).isReplay)
        #expect(try await simulator.deleteDestination(id, caller: caller).isReplay)
    }

    @Test func aKeyOfOneChangeIsNotGoodForAnother() async throws {
        let simulator = try Bench().simulator
        let made = try await simulator.createDestination(Self.destination(), caller: Bench.caller())
        let id = try #require(made.body["id"]?.string)
        let caller = try Bench.caller(key: "mine")
        _ = try await simulator.updateDestination(id, ["name": "First"], caller: caller)
        await #expect(throws: APIError.idempotencyMismatch) {
            try await simulator.updateDestination(id, ["name": "Second"], caller: caller)
        }
        #expect(try await simulator.destination(id, include: [], caller: caller)["name"] == "First")
    }

    @Test(arguments: [
        ("sk_live_1", "http://127.0.0.1:1/", false), ("sk_live_1", "https://127.0.0.1:1/", true),
        ("sk_test_1", "http://127.0.0.1:1/", true), ("sk_test_1", "https://127.0.0.1:1/", true),
    ])
    func aLiveDestinationMustUseHTTPS(key: String, url: String, isTaken: Bool) async throws {
        let simulator = try Bench().simulator
        let caller = Caller(
            apiKey: key, context: nil, rules: try Bench.caller().rules, base: "http://localhost",
            idempotencyKey: nil)
        do {
            _ = try await simulator.createDestination(Self.destination(url), caller: caller)
            #expect(isTaken)
        } catch {
            #expect(!isTaken && "\(error)".contains("https"))
        }
    }
}
