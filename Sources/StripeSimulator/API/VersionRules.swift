/// What the batch API is in one `Stripe-Version`: the version table as data.
struct VersionRules: Sendable, Equatable {
    let version: String
    /// `"delete"` is a legal `http_method`.
    let hasDelete: Bool
    /// `maximum_rps` can be sent and comes back; where false, sending it is refused.
    let hasMaximumRPS: Bool
    /// `metadata` may be left out of a create.
    let metadataIsOptional: Bool
    /// Operations a job can run, such as `POST /v1/customers/:customer`.
    let operations: [String]

    /// Versions before the first one here have no batch API.
    static let all: [VersionRules] = [
        early("2026-03-25.preview", hasDelete: false, first),
        early("2026-04-22.preview", hasDelete: true, first),
        early("2026-05-27.preview", hasDelete: true, second),
        late("2026-06-24.preview"),
        late("2026-07-29.preview"),
        late("2026-08-26.preview"),
        late("2026-09-30.preview"),
    ]

    static let known = all.map(\.version)

    /// Nil when the version is unknown, or has no batch jobs.
    static func of(_ version: String) -> VersionRules? {
        all.first { $0.version == version }
    }

    private static func early(_ version: String, hasDelete: Bool, _ operations: [String]) -> VersionRules {
        VersionRules(
            version: version, hasDelete: hasDelete, hasMaximumRPS: true, metadataIsOptional: false,
            operations: operations)
    }

    private static func late(_ version: String) -> VersionRules {
        VersionRules(
            version: version, hasDelete: true, hasMaximumRPS: false, metadataIsOptional: true,
            operations: second)
    }

    private static let first = [
        "POST /v1/accounts/:account",
        "POST /v1/credit_notes",
        "POST /v1/customers/:customer",
        "POST /v1/invoices/:invoice",
        "POST /v1/invoices/:invoice/pay",
        "POST /v1/promotion_codes",
        "POST /v1/promotion_codes/:promotion_code",
        "POST /v1/subscriptions/:subscription_exposed_id",
        "POST /v1/subscriptions/:subscription/migrate",
        "POST /v1/subscription_schedules",
        "POST /v1/subscription_schedules/:schedule",
        "POST /v1/subscription_schedules/:schedule/cancel",
    ]

    private static let second = [
        "POST /v1/accounts/:account",
        "POST /v1/coupons",
        "POST /v1/customers/:customer",
        "POST /v1/promotion_codes",
        "POST /v1/promotion_codes/:promotion_code",
        "POST /v1/subscriptions/:subscription_exposed_id",
        "DELETE /v1/subscriptions/:subscription_exposed_id",
        "POST /v1/subscriptions/:subscription/migrate",
    ]
}
