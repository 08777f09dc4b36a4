/// The objects that rows act on, for each account.
///
/// Objects exist as soon as they are named, so that a workload needs no preparation. An id that
/// holds `missing` does not exist; a subscription whose id holds `canceled` or `migrated` is.
struct World: Sendable {
    private var subscriptions: [String: Subscription] = [:]
    private var promotionCodes: Set<String> = []
    private var coupons: Set<String> = []
    private var ended: Set<String> = []
    private var random: SeededRandom

    private struct Subscription {
        var isCanceled: Bool
        var isMigrated: Bool
    }

    init(seed: UInt64) {
        random = SeededRandom(seed: seed)
    }

    /// Executes one row.
    mutating func perform(_ call: RowCall) -> RowAnswer {
        switch call.endpoint.shape {
        case "POST /v1/customers/:": return update(call, "customer", Catalog.customer)
        case "POST /v1/accounts/:": return update(call, "account", Catalog.account)
        case "POST /v1/promotion_codes": return createPromotionCode(call)
        case "POST /v1/promotion_codes/:": return update(call, "promotion_code", Catalog.promotionCode)
        case "POST /v1/coupons": return createCoupon(call)
        case "POST /v1/subscriptions/:": return updateSubscription(call)
        case "DELETE /v1/subscriptions/:": return cancelSubscription(call)
        case "POST /v1/subscriptions/:/migrate": return migrateSubscription(call)
        case "POST /v1/invoices/:": return update(call, "invoice", Catalog.invoice)
        case "POST /v1/invoices/:/pay":
            return endOnce(call, "invoice", Catalog.invoice, status: "paid", code: "invoice_already_paid")
        case "POST /v1/credit_notes": return create(call, "cn_", Catalog.creditNote)
        case "POST /v1/subscription_schedules": return create(call, "sub_sched_", Catalog.schedule)
        case "POST /v1/subscription_schedules/:":
            return update(call, "subscription_schedule", Catalog.schedule)
        case "POST /v1/subscription_schedules/:/cancel":
            return endOnce(
                call, "subscription_schedule", Catalog.schedule, status: "canceled",
                code: "resource_invalid_state")
        default:
            return .refused(404, code: "url_invalid", "Unrecognized request URL (\(call.endpoint.path)).")
        }
    }

    private typealias Blank = (_ id: String, _ call: RowCall) -> Resource

    private func update(_ call: RowCall, _ noun: String, _ blank: Blank) -> RowAnswer {
        guard !call.ids[0].contains("missing") else { return .missing(noun, call.ids[0]) }
        var resource = blank(call.ids[0], call)
        resource.lay(call.params)
        return .ok(resource)
    }

    private mutating func create(_ call: RowCall, _ prefix: String, _ blank: Blank) -> RowAnswer {
        var resource = blank(prefix + random.token(length: 24), call)
        resource.lay(call.params)
        return .ok(resource)
    }

    private mutating func endOnce(
        _ call: RowCall, _ noun: String, _ blank: Blank, status: String, code: String
    ) -> RowAnswer {
        let id = call.ids[0]
        guard !id.contains("missing") else { return .missing(noun, id) }
        guard ended.insert(key(call, id)).inserted else {
            return .refused(400, code: code, "This \(noun) is already \(status).")
        }
        var resource = blank(id, call)
        resource.lay(call.params + [.init(name: "status", json: JSONText.quoted(status))])
        return .ok(resource)
    }

    private mutating func createPromotionCode(_ call: RowCall) -> RowAnswer {
        let code = call.text("code") ?? random.token(length: 8).uppercased()
        guard promotionCodes.insert(key(call, code.uppercased())).inserted else {
            return .refused(
                400, code: "resource_already_exists",
                "An active promotion code with `code: \(code)` already exists.", param: "code")
        }
        var resource = Catalog.promotionCode("promo_1" + random.token(length: 23), call)
        resource.lay([.init(name: "code", json: JSONText.quoted(code))] + call.params)
        return .ok(resource)
    }

    private mutating func createCoupon(_ call: RowCall) -> RowAnswer {
        let id = call.text("id") ?? random.token(length: 8)
        guard coupons.insert(key(call, id)).inserted else {
            return .refused(400, code: "resource_already_exists", "Coupon already exists.", param: "id")
        }
        var resource = Catalog.coupon(id, call)
        resource.lay(call.params)
        return .ok(resource)
    }

    private func subscription(_ call: RowCall) -> Subscription? {
        let id = call.ids[0]
        guard !id.contains("missing") else { return nil }
        return subscriptions[key(call, id)]
            ?? Subscription(isCanceled: id.contains("canceled"), isMigrated: id.contains("migrated"))
    }

    private func updateSubscription(_ call: RowCall) -> RowAnswer {
        guard let found = subscription(call) else { return .missing("subscription", call.ids[0]) }
        guard !found.isCanceled else {
            return .refused(
                400, code: "resource_invalid_state", "A canceled subscription can only update its metadata.")
        }
        var resource = Catalog.subscription(call.ids[0], call)
        resource.lay(call.params)
        return .ok(resource)
    }

    private mutating func cancelSubscription(_ call: RowCall) -> RowAnswer {
        guard var found = subscription(call), !found.isCanceled else {
            return .missing("subscription", call.ids[0])
        }
        found.isCanceled = true
        subscriptions[key(call, call.ids[0])] = found
        var resource = Catalog.subscription(call.ids[0], call)
        resource.lay([
            .init(name: "status", json: "\"canceled\""),
            .init(name: "canceled_at", json: String(call.now.unixSeconds)),
            .init(name: "ended_at", json: String(call.now.unixSeconds)),
        ])
        return .ok(resource)
    }

    private mutating func migrateSubscription(_ call: RowCall) -> RowAnswer {
        guard var found = subscription(call) else { return .missing("subscription", call.ids[0]) }
        guard !found.isCanceled else {
            return .refused(
                400, code: "resource_invalid_state",
                "This subscription cannot be migrated because it is not active. Current status is canceled.")
        }
        guard !found.isMigrated else {
            return .refused(
                400, code: "resource_invalid_state", "This subscription has already been migrated.")
        }
        found.isMigrated = true
        subscriptions[key(call, call.ids[0])] = found
        var resource = Catalog.subscription(call.ids[0], call)
        resource.lay(call.params)
        return .ok(resource)
    }

    private func key(_ call: RowCall, _ id: String) -> String { call.account + "/" + id }
}
