/// Subscriptions: updated, canceled, migrated.
extension World {
    /// Nil when there is none of this id.
    private func subscription(_ call: RowCall) -> Changes.State? {
        let id = call.ids[0]
        guard !JSONText.isFound("missing", in: id) else { return nil }
        var state = changes.state(of: call.digest("subscription", id))
        if JSONText.isFound("canceled", in: id) { state.insert(.ended) }
        if JSONText.isFound("migrated", in: id) { state.insert(.migrated) }
        return state
    }

    private func changeSubscription(
        _ call: RowCall, own: [RowLine.Param] = [], state: Changes.State = []
    ) throws -> RowAnswer {
        try change(
            call, "subscription", id: call.ids[0], Catalog.subscription, own: own, state: state)
    }

    func updateSubscription(_ call: RowCall) throws -> RowAnswer {
        guard let state = subscription(call) else { return .missing("subscription", call.ids[0]) }
        let allowed = ["metadata", "cancellation_details"]
        guard !state.contains(.ended) || call.params.allSatisfy({ allowed.contains($0.name) }) else {
            return .refused(
                400, code: "resource_invalid_state",
                "A canceled subscription can only update its cancellation_details and metadata.")
        }
        return try changeSubscription(call)
    }

    func cancelSubscription(_ call: RowCall) throws -> RowAnswer {
        guard let state = subscription(call), !state.contains(.ended) else {
            return .missing("subscription", call.ids[0])
        }
        // How to cancel is no property of the subscription.
        var call = call
        call.params.removeAll { $0.name == "invoice_now" || $0.name == "prorate" }
        let now = String(call.now.unixSeconds)
        return try changeSubscription(
            call,
            own: [
                .init(name: "status", json: "\"canceled\""), .init(name: "canceled_at", json: now),
                .init(name: "ended_at", json: now),
            ], state: .ended)
    }

    func migrateSubscription(_ call: RowCall) throws -> RowAnswer {
        guard let state = subscription(call) else { return .missing("subscription", call.ids[0]) }
        guard !state.contains(.ended) else {
            return .refused(
                400, code: "resource_invalid_state",
                "This subscription cannot be migrated because it is not active. Current status is canceled.")
        }
        guard !state.contains(.migrated) else {
            return .refused(
                400, code: "resource_invalid_state", "This subscription has already been migrated.")
        }
        let isNamed = call.params.contains { $0.name == "billing_mode" }
        let mode = RowLine.Param(name: "billing_mode", json: "{\"type\":\"flexible\"}")
        return try changeSubscription(call, own: isNamed ? [] : [mode], state: .migrated)
    }
}
