/// The objects that rows act on, for each account and mode, as the rows before left them.
///
/// Objects exist as soon as they are named, so that a workload needs no preparation. An id that
/// holds `missing` does not exist; a subscription whose id holds `canceled` or `migrated` is.
struct World {
    let changes: Changes
    var random: SeededRandom

    /// - Parameter path: A file for what was changed; what it held is lost.
    init(seed: UInt64, path: String) throws {
        random = SeededRandom(seed: seed)
        changes = try Changes(path: path)
    }

    typealias Blank = (_ id: String, _ call: RowCall) -> Resource

    /// Executes one row.
    mutating func perform(_ call: RowCall) throws -> RowAnswer {
        switch call.endpoint.shape {
        case "POST /v1/customers/:": return try update(call, "customer", Catalog.customer)
        case "POST /v1/accounts/:": return try update(call, "account", Catalog.account)
        case "POST /v1/promotion_codes": return try createPromotionCode(call)
        case "POST /v1/promotion_codes/:": return try updatePromotionCode(call)
        case "POST /v1/coupons": return try createCoupon(call)
        case "POST /v1/subscriptions/:": return try updateSubscription(call)
        case "DELETE /v1/subscriptions/:": return try cancelSubscription(call)
        case "POST /v1/subscriptions/:/migrate": return try migrateSubscription(call)
        case "POST /v1/invoices/:": return try update(call, "invoice", Catalog.invoice)
        case "POST /v1/invoices/:/pay":
            return try endOnce(call, "invoice", Catalog.invoice, status: "paid", code: "invoice_already_paid")
        case "POST /v1/credit_notes": return try create(call, "credit_note", "cn_", Catalog.creditNote)
        case "POST /v1/subscription_schedules":
            return try create(call, "subscription_schedule", "sub_sched_", Catalog.schedule)
        case "POST /v1/subscription_schedules/:":
            return try update(call, "subscription_schedule", Catalog.schedule)
        case "POST /v1/subscription_schedules/:/cancel":
            return try endOnce(
                call, "subscription_schedule", Catalog.schedule, status: "canceled",
                code: "resource_invalid_state")
        default:
            return .refused(404, code: "url_invalid", "Unrecognized request URL (\(call.endpoint.path)).")
        }
    }

    /// Lays the row's parameters over the object, and remembers it.
    ///
    /// - Parameters:
    ///   - own: Members that follow from the operation itself.
    ///   - state: What the object becomes by it.
    func change(
        _ call: RowCall, _ noun: String, id: String, _ blank: Blank, own: [RowLine.Param] = [],
        state: Changes.State = []
    ) throws -> RowAnswer {
        let object = call.digest(noun, id)
        var members = try changes.members(of: object)
        for param in call.params + own {
            if let index = members.firstIndex(where: { $0.name == param.name }) {
                members[index] = param.applied(to: members[index].json)
            } else {
                members.append(param.applied(to: nil))
            }
        }
        try changes.keep(object, members, changes.state(of: object).union(state))
        var resource = blank(id, call)
        resource.lay(members)
        return .ok(resource)
    }

    private func update(_ call: RowCall, _ noun: String, _ blank: Blank) throws -> RowAnswer {
        guard !JSONText.isFound("missing", in: call.ids[0]) else { return .missing(noun, call.ids[0]) }
        return try change(call, noun, id: call.ids[0], blank)
    }

    private mutating func create(
        _ call: RowCall, _ noun: String, _ prefix: String, _ blank: Blank
    ) throws -> RowAnswer {
        try change(call, noun, id: prefix + random.token(length: 24), blank)
    }

    private func endOnce(
        _ call: RowCall, _ noun: String, _ blank: Blank, status: String, code: String
    ) throws -> RowAnswer {
        let id = call.ids[0]
        guard !JSONText.isFound("missing", in: id) else { return .missing(noun, id) }
        guard !changes.state(of: call.digest(noun, id)).contains(.ended) else {
            return .refused(400, code: code, "This \(noun) is already \(status).")
        }
        let own = RowLine.Param(name: "status", json: JSONText.quoted(status))
        return try change(call, noun, id: id, blank, own: [own], state: .ended)
    }
}
