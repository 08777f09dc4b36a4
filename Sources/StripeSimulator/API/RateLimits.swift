/// How many API calls an account may make, in wall time.
///
/// Real clients wait real seconds, so the limits don't run with the simulated clock. The rates are
/// those that Stripe documents: 100 calls a second in live mode and 25 in a sandbox for an account,
/// and 25 for one endpoint. A second's worth can come at once.
struct RateLimits: Sendable {
    /// What an account ran into; the value of `Stripe-Rate-Limited-Reason`.
    enum Reason: String, Sendable {
        case account = "global-rate"
        case endpoint = "endpoint-rate"
    }

    private struct Meter: Hashable {
        let apiKey: String
        let context: String?
        /// Nil: all endpoints together.
        let endpoint: String?
    }

    /// What is left to be spent, as of a moment.
    private struct Bucket {
        var left: Double
        var at: Duration
    }

    private var buckets: [Meter: Bucket] = [:]

    static let endpointRate = 25.0

    static func accountRate(livemode: Bool) -> Double { livemode ? 100 : 25 }

    /// Spends one call, unless a limit is reached: then says which, and spends nothing.
    mutating func spend(
        apiKey: String, context: String?, livemode: Bool, endpoint: String, now: Duration
    ) -> Reason? {
        let whole = Meter(apiKey: apiKey, context: context, endpoint: nil)
        let part = Meter(apiKey: apiKey, context: context, endpoint: endpoint)
        let wholeLeft = left(whole, rate: Self.accountRate(livemode: livemode), now)
        guard wholeLeft >= 1 else { return .account }
        let partLeft = left(part, rate: Self.endpointRate, now)
        guard partLeft >= 1 else { return .endpoint }
        buckets[whole] = Bucket(left: wholeLeft - 1, at: now)
        buckets[part] = Bucket(left: partLeft - 1, at: now)
        return nil
    }

    private func left(_ meter: Meter, rate: Double, _ now: Duration) -> Double {
        guard let bucket = buckets[meter] else { return rate }
        return min(rate, bucket.left + (now - bucket.at) / .seconds(1) * rate)
    }
}
