import Testing

/// Ids that lead nowhere, and what their writers are told.
@Suite(.serialized) struct MistypedTests {
    @Test func anIdThatLeadsNowhereSaysWhatThereIs() async throws {
        try await DaemonWorld.run { world in
            let answer = try await world.post(
                "/v1/workloads?queue=customers&name=migrate", ControlTests.rows(30))
            #expect(answer.status == 201)
            let one = try await world.post("/v1/workloads?queue=customers", ControlTests.rows(1, prefix: "s"))
            #expect(one.status == 201)
            let hints = [
                ("/v1/workloads/w12", "The last one is w2. See: batchctl list workloads"),
                ("/v1/workloads/W2", "Did you mean w2? See: batchctl list workloads"),
                ("/v1/workloads/2", "Did you mean w2? See: batchctl list workloads"),
                ("/v1/workloads/migrate", "That is the name of w1. See: batchctl list workloads"),
                (
                    "/v1/workloads/coupons",
                    "That is the name of a queue. See: batchctl list workloads --queue coupons"
                ),
                (
                    "/v1/workloads/w1/explain?row=r_7",
                    "Its first row is \"r-0\", its last one \"r-29\". See: batchctl rows w1"
                ),
                ("/v1/workloads/w2/explain?row=r-0", "Its only row is \"s-0\". See: batchctl rows w2"),
            ]
            for (path, hint) in hints {
                let refused = try await world.get(path)
                #expect(refused.status == 404, "\(path)")
                #expect(try refused.error()[2] == hint, "\(path)")
            }
        }
    }
}
