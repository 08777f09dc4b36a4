import BatchCore
import Foundation

@testable import BatchDaemon

/// What anybody may send to the listener of events.
enum EventOracles {
    private static let now = Timestamp(milliseconds: 1_700_000_000_000)
    private static let secret = WebhookSecret("whsec_test_secret")
    /// The one body of which the fuzzer knows a signature: `stripe-batch-api.md` section 5.2.
    private static let signed = Array(#"{"id":"evt_1","object":"v2.core.event"}"#.utf8)
    private static let signature = "1104f3e6598dde976b7b5982b46784f5482a97098f895f4fc8458a34198f5c77"

    static let seeds = [
        "t=1700000000,v1=\(signature)\n" + String(decoding: signed, as: UTF8.self),
        "t=1700000000,v1=\(String(repeating: "0", count: 64)),v0=x,v1=\(signature.uppercased())\n{}",
    ]

    /// A header, a line end, and a body.
    static func event(_ bytes: [UInt8]) -> String? {
        let parts = bytes.split(separator: 0x0A, maxSplits: 1, omittingEmptySubsequences: false)
        let header = String(decoding: parts[0], as: UTF8.self)
        let body = parts.count > 1 ? Array(parts[1]) : []
        let verdict = WebhookSignature.check(header, body: body, secrets: [secret], now: now)
        // Nobody makes a signature without the secret, so a good one is the one that was given away.
        if verdict == .good || verdict == .outdated {
            guard verdict == .good, body == signed, header.contains("t=1700000000"),
                header.lowercased().contains(signature)
            else { return "a forged signature is \(verdict)" }
        }
        if WebhookSignature.check(header, body: body, secrets: [], now: now) == .good {
            return "good without a secret"
        }
        return document(body)
    }

    private static func document(_ body: [UInt8]) -> String? {
        guard let event = WebhookEvent(parsing: body) else { return nil }
        guard (1...255).contains(event.id.utf8.count) else { return "an id of \(event.id.utf8.count) bytes" }
        if let job = event.job {
            guard job == event.subject, event.type.hasPrefix("v2.core.batch_job.") else {
                return "a job of another kind of event"
            }
        }
        return nil
    }
}
