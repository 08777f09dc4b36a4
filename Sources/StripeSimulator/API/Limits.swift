/// Beyond what Stripe refuses calls; what is nil has no limit.
struct Limits: Codable, Equatable, Sendable {
    /// Calls a second of one account, and of one endpoint of it.
    var accountPerSecond: Double?
    var endpointPerSecond: Double?
    /// Calls under way at once.
    var accountConcurrent: Int?
    var endpointConcurrent: Int?
    /// Calls a second about one and the same object.
    var objectPerSecond: Double?
    /// GETs of one account in thirty simulated days.
    var reads: Int?

    enum CodingKeys: String, CodingKey, CaseIterable {
        case accountPerSecond = "account_per_second"
        case endpointPerSecond = "endpoint_per_second"
        case accountConcurrent = "account_concurrent"
        case endpointConcurrent = "endpoint_concurrent"
        case objectPerSecond = "object_per_second"
        case reads = "reads_per_30_days"
    }

    /// What Stripe documents: 100 calls a second in live mode and 25 in a sandbox, 25 for one endpoint, and
    /// a read quota that is never below 10,000.
    ///
    /// There are limits on concurrency and on single objects too, but no numbers for them.
    static func documented(livemode: Bool) -> Limits {
        Limits(accountPerSecond: livemode ? 100 : 25, endpointPerSecond: 25, reads: 10_000)
    }

    /// These limits, with `other` in the places that it names.
    func overlaid(with other: Limits) -> Limits {
        Limits(
            accountPerSecond: other.accountPerSecond ?? accountPerSecond,
            endpointPerSecond: other.endpointPerSecond ?? endpointPerSecond,
            accountConcurrent: other.accountConcurrent ?? accountConcurrent,
            endpointConcurrent: other.endpointConcurrent ?? endpointConcurrent,
            objectPerSecond: other.objectPerSecond ?? objectPerSecond, reads: other.reads ?? reads)
    }
}

/// One call of the API, as the limits see it.
struct APICall: Hashable, Sendable {
    let account: Event.Account
    /// Method and path, with `:id` in the place of an id: `GET /v2/core/batch_jobs/:id`.
    let endpoint: String
    /// The id in the path.
    let object: String?
    let isRead: Bool

    init(apiKey: String, context: String?, method: String, path: String) {
        account = .init(apiKey: apiKey, context: context)
        var parts = path.split(separator: "/").map(String.init)
        object = parts.count > 3 ? parts[3] : nil
        if object != nil { parts[3] = ":id" }
        endpoint = method + " /" + parts.joined(separator: "/")
        isRead = method == "GET"
    }
}
