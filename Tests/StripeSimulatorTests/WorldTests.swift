import Testing

@testable import StripeSimulator

@Suite struct WorldTests {
    private func call(_ operation: String, _ ids: [String] = [], _ params: [String: String] = [:]) -> RowCall
    {
        RowCall(
            endpoint: EndpointTemplate(operation: operation), ids: ids,
            params: params.map { .init(name: $0.key, json: $0.value) }, account: "acct_1", livemode: false,
            now: Bench.start)
    }

    private func code(_ answer: RowAnswer) -> String? {
        JSONValue(parsing: answer.body.utf8)?["error"]?["code"]?.string
    }

    @Test func anUpdatedCustomerComesBackWithItsNewValues() throws {
        var world = World(seed: 1)
        let answer = world.perform(
            call("POST /v1/customers/:customer", ["cus_1"], ["name": "\"Ada\"", "odd": "1.50"]))
        #expect(answer.status == 200)
        #expect(answer.body.contains("\"name\":\"Ada\""))
        #expect(answer.body.contains("\"odd\":1.50"))
        #expect(JSONValue(parsing: answer.body.utf8)?["id"] == "cus_1")
    }

    @Test func aSubscriptionIsMigratedOnce() {
        var world = World(seed: 1)
        let migrate = call("POST /v1/subscriptions/:subscription/migrate", ["sub_1"])
        #expect(world.perform(migrate).status == 200)
        #expect(code(world.perform(migrate)) == "resource_invalid_state")
    }

    @Test func aCanceledSubscriptionIsGone() {
        var world = World(seed: 1)
        let cancel = call("DELETE /v1/subscriptions/:id", ["sub_1"])
        #expect(world.perform(cancel).status == 200)
        #expect(world.perform(cancel).status == 404)
        let migrate = call("POST /v1/subscriptions/:subscription/migrate", ["sub_1"])
        #expect(code(world.perform(migrate)) == "resource_invalid_state")
    }

    @Test func aSecondPromotionCodeWithTheSameCodeFails() {
        var world = World(seed: 1)
        let create = call("POST /v1/promotion_codes", [], ["code": "\"SPRING\""])
        #expect(world.perform(create).status == 200)
        #expect(code(world.perform(create)) == "resource_already_exists")
        let unnamed = call("POST /v1/promotion_codes")
        #expect(world.perform(unnamed) != world.perform(unnamed))
    }

    @Test func aSecondCouponWithTheSameIDFails() {
        var world = World(seed: 1)
        let create = call("POST /v1/coupons", [], ["id": "\"half\""])
        #expect(world.perform(create).status == 200)
        #expect(code(world.perform(create)) == "resource_already_exists")
    }

    @Test(arguments: VersionRules.all.flatMap(\.operations))
    func everyListedOperationIsExecuted(operation: String) {
        var world = World(seed: 1)
        #expect(world.perform(call(operation, ["x_1"])).status == 200)
    }
}
