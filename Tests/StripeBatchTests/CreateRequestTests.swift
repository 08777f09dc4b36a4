import BatchCore
import StripeBatch
import Testing

@Suite struct CreateRequestTests {
    private func body(
        suppression: QueuePolicy.NotificationSuppression = .none, rps: Int? = nil,
        metadata: [String: String] = [:], version: String = "2026-09-30.preview"
    ) -> String {
        String(
            decoding: CreateRequest.body(
                endpointPath: "/v1/customers/:customer", method: "POST", skipValidation: false,
                notificationSuppression: suppression, maximumRPS: rps, metadata: metadata, apiVersion: version
            ),
            as: UTF8.self)
    }

    @Test func theSmallestBodyHasWhatOldVersionsDemand() {
        #expect(
            body()
                == #"{"endpoint":{"http_method":"post","path":"/v1/customers/:customer"},"metadata":{},"skip_validation":false}"#
        )
    }

    @Test func suppressionIsSentOnlyWhenWanted() {
        #expect(body(suppression: .all).contains(#""notification_suppression":{"scope":"all"}"#))
    }

    @Test(arguments: [
        ("2026-05-27.preview", true), ("2026-06-24.preview", false), ("2026-09-30.preview", false),
    ])
    func maximumRPSFollowsTheVersion(version: String, isSent: Bool) {
        #expect(body(rps: 25, version: version).contains(#""maximum_rps":25"#) == isSent)
    }

    @Test func theSameWishIsTheSameBytes() {
        let pairs = (0..<20).map { ("key\($0)", "v\"\($0)\u{e9}\n") }
        let expected = body(metadata: Dictionary(uniqueKeysWithValues: pairs))
        for _ in 0..<20 {
            #expect(body(metadata: Dictionary(uniqueKeysWithValues: pairs.shuffled())) == expected)
        }
    }
}
