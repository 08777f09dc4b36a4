/// Coupons and promotion codes.
extension World {
    mutating func createCoupon(_ call: RowCall) throws -> RowAnswer {
        let id = call.text("id") ?? random.token(length: 8)
        guard !changes.state(of: call.digest("coupon", id)).contains(.exists) else {
            return .refused(400, code: "resource_already_exists", "Coupon already exists.", param: "id")
        }
        return try change(call, "coupon", id: id, Catalog.coupon, state: .exists)
    }

    mutating func createPromotionCode(_ call: RowCall) throws -> RowAnswer {
        let code = call.text("code") ?? random.token(length: 8).uppercased()
        guard try claim(code, call) else { return Self.codeInUse(code) }
        let own = RowLine.Param(name: "code", json: JSONText.quoted(code))
        return try change(
            call, "promotion_code", id: "promo_1" + random.token(length: 23), Catalog.promotionCode,
            own: [own])
    }

    /// A code is free again while its promotion code is not active.
    func updatePromotionCode(_ call: RowCall) throws -> RowAnswer {
        let id = call.ids[0]
        guard !JSONText.isFound("missing", in: id) else { return .missing("promotion_code", id) }
        let members = try changes.members(of: call.digest("promotion_code", id))
        let wasActive = members.first { $0.name == "active" }?.json != "false"
        if let active = call.params.last(where: { $0.name == "active" })?.json,
            let code = members.first(where: { $0.name == "code" })?.text
        {
            if active == "false", wasActive { try changes.keep(Self.place(of: code, call), [], []) }
            if active == "true", !wasActive {
                guard try claim(code, call) else { return Self.codeInUse(code) }
            }
        }
        return try change(call, "promotion_code", id: id, Catalog.promotionCode)
    }

    /// Takes a code into use; false when another promotion code has it.
    private func claim(_ code: String, _ call: RowCall) throws -> Bool {
        let place = Self.place(of: code, call)
        guard !changes.state(of: place).contains(.exists) else { return false }
        try changes.keep(place, [], .exists)
        return true
    }

    /// Codes differ by more than their case.
    private static func place(of code: String, _ call: RowCall) -> UInt64 {
        call.digest("code", code.uppercased())
    }

    private static func codeInUse(_ code: String) -> RowAnswer {
        .refused(
            400, code: "resource_already_exists",
            "An active promotion code with `code: \(code)` already exists.", param: "code")
    }
}
