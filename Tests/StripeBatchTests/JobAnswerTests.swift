import BatchCore
import StripeBatch
import Testing

@Suite struct JobAnswerTests {
    private func answer(_ name: String) throws -> JobAnswer {
        try #require(JobAnswer(parsing: fixture(name)), "\(name)")
    }

    private static let created = Timestamp(rfc3339: "2026-03-09T20:55:31.000Z")!

    private func snapshot(
        _ status: JobStatus, deadline: Bool = false, validated: Int64? = nil, counts: (Int64, Int64)? = nil,
        bytes: Int64? = nil, failure: String? = nil
    ) -> JobSnapshot {
        JobSnapshot(
            id: someJob, status: status, created: Self.created,
            uploadDeadline: deadline ? Self.created + .minutes(5) : nil, validated: validated,
            succeeded: counts?.0, failed: counts?.1, outputBytes: bytes, hasOutput: bytes != nil,
            failure: failure)
    }

    @Test func everyStatusIsRead() throws {
        let expected: [String: JobSnapshot] = [
            "job-ready-for-upload": snapshot(.readyForUpload, deadline: true),
            "job-ready-for-upload-guide": snapshot(.readyForUpload, deadline: true),
            "job-ready-for-upload-no-expiry": snapshot(.readyForUpload, deadline: true),
            "job-validating": snapshot(.validating, validated: 40),
            "job-in-progress": snapshot(.inProgress, counts: (70, 3)),
            "job-cancelling": snapshot(.cancelling),
            "job-complete": snapshot(.complete, counts: (98, 2), bytes: 8514),
            "job-complete-counts-as-numbers": snapshot(.complete, counts: (98, 2), bytes: 8514),
            "job-canceled": snapshot(.canceled, counts: (10, 1), bytes: 900),
            "job-canceled-no-output": snapshot(.canceled, counts: (0, 0)),
            "job-cancelled-british": snapshot(.canceled, counts: (10, 1), bytes: 900),
            "job-timeout": snapshot(.timeout, counts: (50, 0), bytes: 4000),
            "job-validation-failed": snapshot(.validationFailed, counts: (0, 1), bytes: 120),
            "job-batch-failed": snapshot(.batchFailed, failure: "An unexpected error occurred."),
            "job-upload-timeout": snapshot(.uploadTimeout),
            "job-unknown-status": {
                var snapshot = snapshot(.unknown("hibernating"))
                snapshot.succeeded = 5
                return snapshot
            }(),
        ]
        for (name, snapshot) in expected {
            #expect(try answer(name).snapshot == snapshot, "\(name)")
        }
    }

    @Test func urlsAreKeptByteForByteAndApart() throws {
        let ready = try answer("job-ready-for-upload")
        #expect(
            ready.uploadURL?.reveal == "https://stripeusercontent.com/files/upload/secret?sig=a%2Fb%3D&x=1")
        #expect(ready.downloadURL == nil)
        let complete = try answer("job-complete")
        #expect(complete.uploadURL == nil)
        #expect(
            complete.downloadURL?.reveal == "https://stripeusercontent.com/files/download/secret?sig=a%2Fb%3D"
        )
        for answer in [ready, complete] {
            var dumped = ""
            dump(answer, to: &dumped)
            for text in [
                "\(answer)", String(reflecting: answer), dumped,
                String(decoding: answer.redactedObject, as: UTF8.self),
            ] {
                #expect(!text.contains("secret"))
                #expect(!text.contains("stripeusercontent"))
            }
            #expect(String(decoding: answer.redactedObject, as: UTF8.self).contains(#""url":"redacted""#))
        }
    }

    @Test func noURLIsKeptAsTheNameOfAMember() throws {
        let odd =
            #"{"id":"x","status":"complete","metadata":{"https://s/?sig=secret":"1","k":["http://secret"]}}"#
        let answer = try #require(JobAnswer(parsing: Array(odd.utf8)))
        #expect(!String(decoding: answer.redactedObject, as: UTF8.self).contains("secret"))
    }

    @Test func nothingUnknownIsLost() throws {
        let object = String(decoding: try answer("job-unknown-status").redactedObject, as: UTF8.self)
        #expect(object.contains(#""brand_new":{"a":1}"#))
        #expect(object.contains(#""new_field":[1,2.5,null,true]"#))
    }

    @Test(arguments: [
        "", "null", "[]", "{}", #"{"id":"x"}"#, #"{"status":"complete"}"#, #"{"id":1,"status":"complete"}"#,
        #"{"id":"","status":"complete"}"#, #"{"id":"x","status":"complete""#, "<html>",
        #"{"id":"x","status":"complete","object":"v2.core.event"}"#, "{\"id\":\"\u{FF}",
        #"{"id":"x","status":null}"#,
    ])
    func whatIsNoJobIsNil(text: String) {
        #expect(JobAnswer(parsing: Array(text.utf8)) == nil)
    }

    @Test func aJobNeedsNothingButIDAndStatus() throws {
        let odd = #"{"id":"x","status":"ready_for_upload","status_details":null,"created":17,"metadata":[]}"#
        let answer = try #require(JobAnswer(parsing: Array(odd.utf8)))
        #expect(answer.snapshot.uploadDeadline == Timestamp(milliseconds: 317_000))
        #expect(answer.uploadURL == nil)
        let bare = try #require(JobAnswer(parsing: Array(#"{"id":"x","status":"ready_for_upload"}"#.utf8)))
        #expect(bare.snapshot.uploadDeadline == nil)
    }

    @Test func aKeyNeverPrintsItself() {
        let account = StripeAccount(
            name: "main", baseURL: "https://api.stripe.com/", apiVersion: "v", key: APIKey(" sk_live_x\n"))
        var dumped = ""
        dump(account, to: &dumped)
        #expect(!"\(account) \(String(reflecting: account)) \(dumped)".contains("sk_live"))
        #expect(account.key.reveal == "sk_live_x")
        #expect(account.key.isLive)
        #expect(account.baseURL == "https://api.stripe.com")
    }
}
