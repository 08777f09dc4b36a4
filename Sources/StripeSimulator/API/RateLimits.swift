/// How many API calls an account has made, and which of the limits it ran into.
///
/// Real clients wait real seconds, so rates don't run with the simulated clock: they are in wall time.
/// A second's worth of calls can come at once. The read quota is about thirty days, which no one waits
/// for: it runs with the simulated clock.
struct RateLimits: Sendable {
    /// What an account ran into.
    enum Reason: Equatable, Sendable {
        /// With this value of `Stripe-Rate-Limited-Reason`.
        case limit(String)
        /// Not a limiter, so it has no reason.
        case readQuota

        static let account = limit("global-rate")
        static let endpoint = limit("endpoint-rate")
        static let accountConcurrency = limit("global-concurrency")
        static let endpointConcurrency = limit("endpoint-concurrency")
        static let object = limit("resource-specific")
    }

    /// What calls are counted for: an account, and what of it; nil is all of it.
    private struct Meter: Hashable {
        let account: Event.Account
        let name: String?
    }

    /// What is left to be spent, as of a moment.
    private struct Bucket {
        var left: Double
        var at: Duration
    }

    private var buckets: [Meter: Bucket] = [:]
    private var underWay: [Meter: Int] = [:]
    /// GETs since a moment.
    private var reads: [Event.Account: (count: Int, since: SimulatedTime)] = [:]

    static let readWindow = SimulatedTime.Span.days(30)

    /// Spends one call, unless a limit is reached: then says which, and spends nothing.
    ///
    /// Of a call that was let in, `leave` must be told when it is over.
    mutating func enter(
        _ call: APICall, limits: Limits, wall: Duration, now: SimulatedTime
    ) -> Reason? {
        let all = Meter(account: call.account, name: nil)
        let endpoint = Meter(account: call.account, name: call.endpoint)
        if underWay[all, default: 0] >= limits.accountConcurrent ?? .max { return .accountConcurrency }
        if underWay[endpoint, default: 0] >= limits.endpointConcurrent ?? .max { return .endpointConcurrency }
        var rates: [(meter: Meter, rate: Double, reason: Reason)] = []
        if let rate = limits.accountPerSecond { rates.append((all, rate, .account)) }
        if let rate = limits.endpointPerSecond { rates.append((endpoint, rate, .endpoint)) }
        if let rate = limits.objectPerSecond, let object = call.object {
            rates.append((Meter(account: call.account, name: object), rate, .object))
        }
        for (meter, rate, reason) in rates where left(meter, rate: rate, wall) < 1 { return reason }
        if call.isRead, let quota = limits.reads {
            var spent = reads[call.account] ?? (0, now)
            if now >= spent.since + Self.readWindow { spent = (0, now) }
            guard spent.count < quota else { return .readQuota }
            reads[call.account] = (spent.count + 1, spent.since)
        }
        for (meter, rate, _) in rates {
            buckets[meter] = Bucket(left: left(meter, rate: rate, wall) - 1, at: wall)
        }
        for meter in [all, endpoint] { underWay[meter, default: 0] += 1 }
        return nil
    }

    mutating func leave(_ call: APICall) {
        for name in [nil, call.endpoint] {
            let meter = Meter(account: call.account, name: name)
            // After a reset, no one counts any more.
            guard let count = underWay[meter] else { continue }
            underWay[meter] = count > 1 ? count - 1 : nil
        }
    }

    /// At least one call can come at once, however low the rate.
    private func left(_ meter: Meter, rate: Double, _ wall: Duration) -> Double {
        let most = max(rate, 1)
        guard let bucket = buckets[meter] else { return most }
        return min(most, bucket.left + (wall - bucket.at) / .seconds(1) * rate)
    }
}
