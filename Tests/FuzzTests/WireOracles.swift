import BatchCore
import Foundation

@testable import StripeBatch

/// What Stripe, or whoever stands in its place, may answer.
enum WireOracles {
    static func job(_ bytes: [UInt8]) -> String? {
        guard let answer = JobAnswer(parsing: bytes) else { return nil }
        let seen = answer.snapshot
        guard WireLimits.isJobID(seen.id.rawValue) else { return "a bad id" }
        guard WireLimits.isStatus(seen.status.word) else { return "a bad status" }
        for count in [seen.validated, seen.succeeded, seen.failed, seen.outputBytes] {
            guard count.map({ (0...WireLimits.largestCount).contains($0) }) ?? true else {
                return "a bad count"
            }
        }
        for moment in [seen.created, seen.uploadDeadline] {
            guard let moment else { continue }
            guard Timestamp(rfc3339: moment.rfc3339) == moment else { return "an odd moment" }
        }
        if let failure = seen.failure, failure.utf8.count > 500 || failure.contains(where: \.isNewline) {
            return "a bad failure"
        }
        let kept = String(decoding: answer.redactedObject, as: UTF8.self)
        guard !kept.contains("://"), !kept.contains(":\\/\\/") else { return "a URL is kept" }
        guard let again = JobAnswer(parsing: answer.redactedObject) else { return "cannot be read again" }
        guard again.snapshot.id == seen.id, again.snapshot.status == seen.status else {
            return "reads otherwise"
        }
        return again.redactedObject == answer.redactedObject ? nil : "redacts otherwise"
    }

    static func value(_ bytes: [UInt8]) -> String? {
        guard let value = JSONValue(parsing: bytes) else { return nil }
        // Written once more it may look otherwise, 8888e15 for 8.888e18; after that it stays.
        guard let again = JSONValue(parsing: value.bytes) else { return "what was written cannot be read" }
        return JSONValue(parsing: again.bytes)?.bytes == again.bytes
            ? nil : "what was written reads otherwise"
    }

    static func download(_ bytes: [UInt8]) -> String? {
        if let code = objectStoreCode(in: bytes), code.utf8.count > 64 || !code.utf8.allSatisfy({ $0 < 0x80 })
        {
            return "an odd code"
        }
        let text = String(decoding: bytes, as: UTF8.self)
        guard let range = ContentRange(text) else { return nil }
        if let start = range.start, start < 0 { return "a start before the start" }
        if let start = range.start, let total = range.total, start >= total {
            return "a start behind the end"
        }
        if let total = range.total, total < 0 { return "less than nothing" }
        return nil
    }
}
