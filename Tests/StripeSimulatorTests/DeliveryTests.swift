import Testing

@testable import StripeSimulator

/// Pushes, without a network: what is due, when, and how it is signed.
@Suite struct DeliveryTests {
    private static let secret = "whsec_test_secret"

    /// Events with one target, and the clock they go by.
    private struct Post {
        var events: Events
        var now = Bench.start

        init(_ faults: [EventFault] = [], seed: UInt64 = 7) throws {
            let webhook = try #require(Webhook(url: "http://127.0.0.1:1/", secret: DeliveryTests.secret))
            events = Events(seed: seed, faults: faults, webhook: webhook, now: now)
        }

        mutating func emit(_ name: BatchJobEvent, of job: String = "batchv2_1", livemode: Bool = false) {
            events.emit(
                name.type, of: .init(id: job, type: "v2.core.batch_job", url: "/v2/core/batch_jobs/\(job)"),
                account: .init(apiKey: "sk_test_post", context: nil), livemode: livemode, created: now,
                now: now)
        }

        /// Everything that is due now, each attempt answered with `status`.
        mutating func deliver(_ status: Int? = 200) -> [Parcel] {
            var parcels: [Parcel] = []
            while let parcel = events.nextParcel(now: now, wall: Bench.start) {
                parcels.append(parcel)
                events.finish(parcel, status: status, now: now)
            }
            return parcels
        }
    }

    @Test func theSignatureIsStripes() {
        let body = Array("{\"id\":\"evt_1\",\"object\":\"v2.core.event\"}".utf8)
        let header = WebhookSignature.header(secret: Self.secret, timestamp: 1_700_000_000, body: body)
        let v1 = "1104f3e6598dde976b7b5982b46784f5482a97098f895f4fc8458a34198f5c77"
        #expect(header == "t=1700000000,v1=\(v1)")
    }

    @Test func aPushIsSignedOverItsBodyWithTheTimeOfTheMachine() throws {
        var post = try Post()
        post.emit(.completed)
        let parcels = post.deliver()
        let parcel = try #require(parcels.first)
        #expect(
            parcel.signature
                == WebhookSignature.header(
                    secret: Self.secret, timestamp: Bench.start.unixSeconds, body: parcel.body))
        #expect(JSONValue(parsing: parcel.body)?["type"] == "v2.core.batch_job.completed")
    }

    @Test func aTargetIsSentOneEventAtATimeInOrder() throws {
        var post = try Post()
        post.emit(.created)
        post.emit(.readyForUpload)
        let next = post.events.nextParcel(now: post.now, wall: post.now)
        let first = try #require(next)
        #expect(first.delivery.event.type == BatchJobEvent.created.type)
        let second = post.events.nextParcel(now: post.now, wall: post.now)
        #expect(second?.delivery.event.id == nil)
        post.events.finish(first, status: 200, now: post.now)
        let rest = post.deliver()
        #expect(rest.map(\.delivery.event.type) == [BatchJobEvent.readyForUpload.type])
    }

    @Test(arguments: [500, 302, 404, nil] as [Int?])
    func aSandboxIsTriedThreeTimesMoreWithinHours(status: Int?) throws {
        var post = try Post()
        post.emit(.completed)
        var attempts = 0
        for _ in 0..<(24 * 60) {
            attempts += post.deliver(status).count
            post.now = post.now + .minutes(1)
        }
        #expect(attempts == 4)
    }

    @Test func aLiveTargetIsTriedForThreeDaysEverMoreRarely() throws {
        var post = try Post()
        post.emit(.completed, livemode: true)
        var moments: [SimulatedTime] = []
        for _ in 0..<(4 * 24 * 60) {
            if !post.deliver(500).isEmpty { moments.append(post.now) }
            post.now = post.now + .minutes(1)
        }
        let pauses = zip(moments.dropFirst(), moments).map { $0 - $1 }
        #expect(pauses == pauses.sorted())
        #expect(moments.count > 10)
        let last = try #require(moments.last)
        #expect(last - Bench.start > .days(2) && last - Bench.start < .days(3))
    }

    @Test func anAnswerOfAnyTwoHundredIsEnough() throws {
        var post = try Post()
        post.emit(.completed)
        let first = post.deliver(204)
        post.now = post.now + .days(4)
        let later = post.deliver()
        #expect(first.count == 1 && later.isEmpty)
    }

    @Test func faultsComeOutTheSameForTheSameSeed() throws {
        var fault = EventFault()
        fault.duplicate = 0.2
        fault.drop = 0.2
        fault.twin = 0.1
        fault.badSignature = 0.2
        fault.staleSignature = 0.1
        fault.shuffleSeconds = 60
        func run(_ seed: UInt64) throws -> [String] {
            var post = try Post([fault], seed: seed)
            for job in 0..<40 {
                post.emit(.created, of: "batchv2_\(job)")
                post.emit(.completed, of: "batchv2_\(job)")
            }
            post.now = post.now + .minutes(2)
            return post.deliver().map { $0.delivery.event.id + $0.signature }
        }
        let first = try run(1)
        #expect(try run(1) == first)
        #expect(try run(2) != first)
    }

    @Test func eachFaultDoesWhatItSays() throws {
        func parcels(_ change: (inout EventFault) -> Void) throws -> [Parcel] {
            var fault = EventFault()
            change(&fault)
            var post = try Post([fault])
            post.emit(.completed)
            return post.deliver()
        }
        #expect(try parcels { $0.drop = 1 }.isEmpty)
        #expect(try parcels { $0.delaySeconds = 1 }.isEmpty)
        let twice = try parcels { $0.duplicate = 1 }
        #expect(twice.count == 2 && Set(twice.map(\.delivery.event.id)).count == 1)
        let twins = try parcels { $0.twin = 1 }
        #expect(Set(twins.map(\.delivery.event.id)).count == 2)
        let right = try #require(try parcels { _ in }.first)
        #expect(try parcels { $0.badSignature = 1 }.first?.signature != right.signature)
        let stale = try #require(try parcels { $0.staleSignature = 1 }.first)
        #expect(stale.signature.hasPrefix("t=\(Bench.start.unixSeconds - 600),"))
        #expect(
            try parcels {
                $0.types = [BatchJobEvent.created.type]; $0.drop = 1
            }.count == 1)
    }

    @Test(arguments: [
        ("http://127.0.0.1:8080/hook", true), ("http://localhost/", true), ("http://[::1]:1/", true),
        ("https://127.1.2.3/", true), ("http://127.0.0.1.example.com/", false), ("http://10.0.0.1/", false),
        ("http://127.0.0.1@example.com/", false), ("ftp://127.0.0.1/", false), ("127.0.0.1", false),
        ("http://127.0.0.256/", false), ("http://0.0.0.0/", false), ("http://example.com/", false),
    ])
    func eventsStayOnThisMachine(url: String, isLoopback: Bool) {
        #expect((Webhook(url: url, secret: "whsec_x") != nil) == isLoopback)
    }

    @Test func anUnknownEventTypeInAScenarioIsRefused() {
        #expect(throws: ScenarioFault.self) {
            try Bench(scenario: "{\"events\":[{\"types\":[\"v2.core.batch_job.complete\"]}]}")
        }
    }
}
