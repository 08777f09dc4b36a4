import BatchCore
import NIOCore
import Testing

@testable import StripeBatch

/// Each limit on what is believed of an answer: at the limit, and one past it.
@Suite struct WireLimitTests {
    private func job(id: String = "x", status: String = "complete", _ rest: String = "") -> JobAnswer? {
        JobAnswer(parsing: Array(#"{"id":"\#(id)","status":"\#(status)"\#(rest)}"#.utf8))
    }

    private func complete(_ details: String) -> JobSnapshot? {
        job(#","status_details":{"complete":{\#(details)}}"#)?.snapshot
    }

    private func job(_ rest: String) -> JobAnswer? { job(id: "x", rest) }

    private func text(_ count: Int) -> String { String(repeating: "a", count: count) }

    @Test func anIDFitsIntoTheNameOfAFolderAndIntoAKey() {
        #expect(job(id: text(WireLimits.jobIDBytes)) != nil)
        #expect(job(id: text(WireLimits.jobIDBytes + 1)) == nil)
        #expect("job=".utf8.count + WireLimits.jobIDBytes <= 255)
        #expect("batchd-cancel-".utf8.count + WireLimits.jobIDBytes <= 255)
    }

    @Test(arguments: ["a/b", "..", "a b", "é", "a\\u0000", "a\\nb", "a%2F", "a:b"])
    func anIDOfOtherCharactersIsNone(id: String) {
        #expect(job(id: id) == nil)
    }

    @Test func aStatusIsAWord() {
        #expect(job(status: text(WireLimits.statusBytes))?.snapshot.status.word == text(64))
        #expect(job(status: text(WireLimits.statusBytes + 1)) == nil)
        for text in ["a\\u001b[2Jb", "https://s/?sig=secret", "in progress", ""] {
            #expect(job(status: text) == nil, "\(text)")
        }
    }

    @Test func whatAServerSaysStaysOnItsLineAndInItsDirection() {
        let details = #""batch_failed":{"error":"a\nb\u001bc\u0085d\u2028e\u202ef\u2066g\u007fh\u00e9"}"#
        let answer = job(id: "x", status: "batch_failed", ",\"status_details\":{\(details)}")
        #expect(answer?.snapshot.failure == "a b c d e f g hé")
    }

    @Test func twoCountsCanBeAdded() throws {
        let most = WireLimits.largestCount
        let seen = try #require(complete(#""success_count":"\#(most)","failure_count":\#(most)"#))
        #expect(seen.succeeded == most)
        #expect(seen.failed == most)
        for count in [
            "\(most + 1)", "-1", "9223372036854775807", "1e300", "NaN", "1.5", "", " 1", "0x10", "١",
        ] {
            #expect(complete(#""success_count":"\#(count)""#)?.succeeded == nil, "\(count)")
        }
        for number in ["\(most + 1)", "-1", "1e300", "1.5", "true", "[]"] {
            #expect(complete("\"success_count\":\(number)")?.succeeded == nil, "\(number)")
        }
        #expect(complete(#""output_file":{"size":"\#(most + 1)"}"#)?.outputBytes == nil)
    }

    @Test func momentsLieWithinTheCalendar() {
        func created(_ text: String) -> Timestamp? { job(",\"created\":\(text)")?.snapshot.created }
        #expect(created("\"9999-12-31T23:59:59.999Z\"") == WireLimits.moments.upperBound)
        #expect(created("253402300799") != nil)
        #expect(created("0") == WireLimits.moments.lowerBound)
        for text in [
            "253402300800", "-1", "\"1969-12-31T23:59:59.999Z\"", "\"9999-12-31T23:59:59-00:01\"", "1e300",
            "\"0000-01-01T00:00:00+00:01\"",
        ] {
            #expect(created(text) == nil, "\(text)")
        }
    }

    @Test func aURLHasALimit() {
        func url(_ count: Int) -> SecretURL? {
            let details = #""output_file":{"download_url":{"url":"\#(text(count))"}}"#
            return job(",\"status_details\":{\"complete\":{\(details)}}")?.downloadURL
        }
        #expect(url(WireLimits.urlBytes) != nil)
        #expect(url(WireLimits.urlBytes + 1) == nil)
        #expect(url(0) == nil)
    }

    @Test func anAnswerMayBeNestedSoDeepAndNoDeeper() {
        func nested(_ depth: Int) -> JobAnswer? {
            job(",\"x\":\(String(repeating: "[", count: depth))\(String(repeating: "]", count: depth))")
        }
        #expect(nested(WireLimits.nesting - 1) != nil)
        #expect(nested(WireLimits.nesting) == nil)
        #expect(nested(100_000) == nil)
        #expect(job(#","x":"\#(String(repeating: "[", count: 1000)) \"[[""#) != nil)
    }

    @Test func anAnswerHasALimitAndIsCutThere() async throws {
        let body = #"{"id":"\#(someJob)","status":"complete","x":""#
        for (extra, isRead) in [(0, true), (1, false), (50 << 20, false)] {
            let size = WireLimits.answerBytes + extra
            let answer = body + text(size - body.utf8.count - 2) + "\"}"
            try await withWire({ _, _ in .answer("200 OK", answer) }) { _, client in
                let result = await client.retrieveBatchJob(someJob)
                #expect((result.failure == nil) == isRead, "\(size) bytes")
            }
        }
    }

    @Test(arguments: [(1000, true), (5000, false)])
    func anAnswerHasAtMostSoManyHeaders(count: Int, isRead: Bool) async throws {
        let job = try fixture("job-complete")
        let headers = (0..<(isRead ? 200 : count)).map { "X-\($0): a" }
        try await withWire({ _, _ in .answer("200 OK", headers: headers, job) }) { _, client in
            let failure = await client.retrieveBatchJob(someJob).failure
            #expect((failure == nil) == isRead, "\(String(describing: failure))")
        }
    }

    @Test(arguments: ["301 Moved", "302 Found", "307 Temporary Redirect", "308 Permanent Redirect"])
    func noRedirectIsFollowed(status: String) async throws {
        try await withWire({ _, _ in .answer(status, headers: ["Location: /elsewhere"], "") }) {
            server, client in
            #expect(await client.retrieveBatchJob(someJob).isUnanswered)
            #expect(await client.createBatchJob(key: someKey, body: []).isUnanswered)
            let download = try await client.download(SecretURL(server.base + "/d"), from: 0) { _ in }
            #expect(download.isUnanswered)
            #expect(!server.requests.contains { $0.line.contains("elsewhere") })
        }
    }

    @Test(arguments: [
        "bytes 5-4/10", "bytes 5-10/10", "bytes -5-9/10", "bytes 5-/10", "bytes 5/10", "bytes 5-9",
        "bytes 5-9/x",
        "bytes 5-9/-1", "bytes +5-9/10", "bytes 5-9/99999999999999999999", "bytes 5-9/10/11", "octets 5-9/10",
        "",
        "bytes 5-99999999999999999999/*",
    ])
    func aRangeThatCannotBeIsNone(text: String) {
        #expect(ContentRange(text) == nil)
    }

    @Test func rangesThatCanBeAreRead() {
        #expect(ContentRange("bytes 5-9/10")?.start == 5)
        #expect(ContentRange("Bytes 5-9/*")?.total == nil)
        #expect(ContentRange("bytes */10")?.total == 10)
        #expect(ContentRange(nil) == nil)
    }

    @Test func anAnswerThatOnlyTricklesIsCut() async throws {
        // Ten bytes come at once, and nobody waits for more than a thousandth of what the pace demands.
        let transport = HTTPTransport(patience: .zero)
        let client = StripeClient(
            account: StripeAccount(name: "a", baseURL: "", apiVersion: "v", key: APIKey("k")),
            transport: transport)
        try await TrickleServer.with(pieces: 3, pause: .milliseconds(150)) { url in
            var got = 0
            let result = try await client.download(SecretURL(url), from: 0) { got += $0.count }
            #expect(result.failure == .unanswered(reason: "slower than 1000 bytes a second"))
            #expect(got < 30)
        }
        try await transport.shutdown()
    }
}
