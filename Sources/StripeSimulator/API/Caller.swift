import Foundation

/// Who calls, as what, and where the caller reaches us.
struct Caller: Sendable {
    let apiKey: String
    /// `Stripe-Context`, when given.
    let context: String?
    let rules: VersionRules
    /// Scheme, host and port of presigned URLs: what the caller itself used.
    let base: String
    let idempotencyKey: String?
    /// The id of the present request.
    var requestID = "req_unknown"

    var livemode: Bool { Self.isLive(apiKey) }

    static func isLive(_ apiKey: String) -> Bool {
        apiKey.hasPrefix("sk_live_") || apiKey.hasPrefix("rk_live_")
    }

    /// A key that holds `unauthorized` may not use any endpoint in batch jobs.
    var isUnauthorized: Bool { apiKey.contains("unauthorized") }

    /// The key inside an `Authorization` header, Bearer or Basic; nil when there is no usable one.
    static func apiKey(in authorization: String?) -> String? {
        guard let parts = authorization?.split(separator: " ", maxSplits: 1), parts.count == 2 else {
            return nil
        }
        let value = parts[1].trimmingCharacters(in: .whitespaces)
        let key: String
        switch parts[0].lowercased() {
        case "bearer":
            key = value
        case "basic":
            guard let data = Data(base64Encoded: value) else { return nil }
            key = String(decoding: data.prefix { $0 != UInt8(ascii: ":") }, as: UTF8.self)
        default:
            return nil
        }
        return (key.hasPrefix("sk_") || key.hasPrefix("rk_")) && key.count > 3 ? key : nil
    }
}
