import Foundation
import Testing

@testable import StripeSimulator

@Suite struct WorldTests {
    private func call(
        _ operation: String, _ ids: [String] = [], _ params: [String: String] = [:],
        account: String = "acct_1", livemode: Bool = false
    ) -> RowCall {
        RowCall(
            endpoint: EndpointTemplate(operation: operation), ids: ids,
            params: params.map { .init(name: $0.key, json: $0.value) }, account: account,
            livemode: livemode, now: Bench.start)
    }

    /// The file is removed at once: an open one can still be written and read.
    private func newWorld() throws -> World {
        let path = FileManager.default.temporaryDirectory.path + "/world-\(UUID().uuidString)"
        let world = try World(seed: 1, path: path)
        unlink(path)
        return world
    }

    private func resource(_ answer: RowAnswer) throws -> JSONValue {
        try #require(JSONValue(parsing: answer.body.utf8))
    }

    private func code(_ answer: RowAnswer) -> String? {
        JSONValue(parsing: answer.body.utf8)?["error"]?["code"]?.string
    }

    @Test func anUpdatedCustomerComesBackWithItsNewValues() throws {
        var world = try newWorld()
        let answer = try world.perform(
            call("POST /v1/customers/:customer", ["cus_1"], ["name": "\"Ada\"", "odd": "1.50"]))
        #expect(answer.status == 200)
        #expect(answer.body.contains("\"name\":\"Ada\""))
        #expect(answer.body.contains("\"odd\":1.50"))
        #expect(JSONValue(parsing: answer.body.utf8)?["id"] == "cus_1")
    }

    @Test func aSubscriptionIsMigratedOnce() throws {
        var world = try newWorld()
        let migrate = call("POST /v1/subscriptions/:subscription/migrate", ["sub_1"])
        #expect(try world.perform(migrate).status == 200)
        #expect(try code(world.perform(migrate)) == "resource_invalid_state")
    }

    @Test func aCanceledSubscriptionIsGone() throws {
        var world = try newWorld()
        let cancel = call("DELETE /v1/subscriptions/:id", ["sub_1"])
        #expect(try world.perform(cancel).status == 200)
        #expect(try world.perform(cancel).status == 404)
        let migrate = call("POST /v1/subscriptions/:subscription/migrate", ["sub_1"])
        #expect(try code(world.perform(migrate)) == "resource_invalid_state")
    }

    @Test func aSecondPromotionCodeWithTheSameCodeFails() throws {
        var world = try newWorld()
        let create = call("POST /v1/promotion_codes", [], ["code": "\"SPRING\""])
        #expect(try world.perform(create).status == 200)
        #expect(try code(world.perform(create)) == "resource_already_exists")
        let unnamed = call("POST /v1/promotion_codes")
        #expect(try world.perform(unnamed) != world.perform(unnamed))
    }

    @Test func aSecondCouponWithTheSameIDFails() throws {
        var world = try newWorld()
        let create = call("POST /v1/coupons", [], ["id": "\"half\""])
        #expect(try world.perform(create).status == 200)
        #expect(try code(world.perform(create)) == "resource_already_exists")
    }

    @Test(arguments: VersionRules.all.flatMap(\.operations))
    func everyListedOperationIsExecuted(operation: String) throws {
        var world = try newWorld()
        #expect(try world.perform(call(operation, ["x_1"])).status == 200)
    }

    @Test func whatWasChangedBeforeIsStillThere() throws {
        var world = try newWorld()
        let update = "POST /v1/customers/:customer"
        _ = try world.perform(
            call(update, ["cus_1"], ["name": "\"Ada\"", "metadata": "{\"a\":\"1\",\"b\":\"2\"}"]))
        let second = try world.perform(
            call(
                update, ["cus_1"],
                ["phone": "\"+49\"", "metadata": "{\"b\":\"\",\"c \\\"\":\"3\"}"]))
        let customer = try resource(second)
        #expect(customer["name"] == "Ada")
        #expect(customer["phone"] == "+49")
        #expect(customer["metadata"] == ["a": "1", "c \"": "3"])
        #expect(try resource(world.perform(call(update, ["cus_2"])))["name"] != "Ada")
        let emptied = try world.perform(call(update, ["cus_1"], ["metadata": "\"\""]))
        #expect(try resource(emptied)["metadata"] == [:])
    }

    @Test func aParameterOfAnyNameComesBackAsJSON() throws {
        var world = try newWorld()
        let answer = try world.perform(call("POST /v1/customers/:id", ["cus_1"], ["odd \"\\name": "1"]))
        #expect(try resource(answer)["odd \"\\name"] == 1)
        let again = try world.perform(call("POST /v1/customers/:id", ["cus_1"]))
        #expect(try resource(again)["odd \"\\name"] == 1)
    }

    @Test func changesAreFoundAgainOnDisk() throws {
        var world = try newWorld()
        let long = "\"" + String(repeating: "x", count: 400_000) + "\""
        for number in 0..<5 {
            let description = number == 2 ? long : "\"short\""
            let row = call("POST /v1/customers/:id", ["cus_\(number)"], ["description": description])
            _ = try world.perform(row)
        }
        let found = try (0..<5).map { number in
            let answer = try world.perform(call("POST /v1/customers/:id", ["cus_\(number)"]))
            return try resource(answer)["description"]?.string?.count
        }
        #expect(found == [5, 5, 400_000, 5, 5])
    }

    @Test func accountsAndModesAreWorldsOfTheirOwn() throws {
        var world = try newWorld()
        let create = { account, livemode in
            call("POST /v1/coupons", [], ["id": "\"half\""], account: account, livemode: livemode)
        }
        #expect(try world.perform(create("acct_1", false)).status == 200)
        #expect(try world.perform(create("acct_2", false)).status == 200)
        #expect(try world.perform(create("acct_1", true)).status == 200)
        #expect(try world.perform(create("acct_1", false)).status == 400)
    }

    @Test func aMigratedSubscriptionShowsItsBillingMode() throws {
        var world = try newWorld()
        let update = call("POST /v1/subscriptions/:id", ["sub_1"])
        #expect(try resource(world.perform(update))["billing_mode"] == ["type": "classic"])
        _ = try world.perform(call("POST /v1/subscriptions/:id/migrate", ["sub_1"]))
        #expect(try resource(world.perform(update))["billing_mode"] == ["type": "flexible"])
    }

    @Test func aCanceledSubscriptionTakesMetadataOnly() throws {
        var world = try newWorld()
        _ = try world.perform(call("DELETE /v1/subscriptions/:id", ["sub_1"]))
        let update = "POST /v1/subscriptions/:id"
        let refused = try world.perform(call(update, ["sub_1"], ["description": "\"x\""]))
        #expect(code(refused) == "resource_invalid_state")
        let taken = try world.perform(call(update, ["sub_1"], ["metadata": "{\"k\":\"v\"}"]))
        #expect(try resource(taken)["status"] == "canceled")
    }

    @Test func aCodeIsFreeWhileItsPromotionCodeIsNotActive() throws {
        var world = try newWorld()
        let create = call("POST /v1/promotion_codes", [], ["code": "\"SPRING\""])
        let id = try #require(try resource(world.perform(create))["id"]?.string)
        let update = { (active: String) in call("POST /v1/promotion_codes/:id", [id], ["active": active]) }
        #expect(try resource(world.perform(update("false")))["code"] == "SPRING")
        #expect(try world.perform(create).status == 200)
        #expect(code(try world.perform(update("true"))) == "resource_already_exists")
    }

    @Test func aRowActsOnTheAccountItNames() async throws {
        let bench = try Bench()
        let id = try await bench.create(Bench.body("/v1/coupons", skipValidation: true))
        let rows = ["acct_a", "acct_b", "acct_a", "acct_platform/acct_b"].enumerated().map {
            "{\"id\":\"r-\($0)\",\"context\":\"\($1)\",\"params\":{\"id\":\"half\"}}\n"
        }
        try await bench.upload(rows.joined(), to: id)
        await bench.advance(60)
        let statuses = try await bench.results(id).map { $0["status"] }
        #expect(statuses.count { $0 == 200 } == 2)
        #expect(statuses.count { $0 == 400 } == 2)
    }
}
