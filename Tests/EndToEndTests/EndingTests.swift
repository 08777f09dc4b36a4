import Testing

/// Each way in which a job can end, for rows that may be repeated and for rows that may not.
@Suite(.serialized) struct EndingTests {
    @Test(arguments: [
        #"{"end":"batch_failed","message":"boom"}"#,
        #"{"end":"timeout","after_share":0.4}"#,
        #"{"end":"canceled","after_share":0.4}"#,
        #"{"end":"cancelled","after_share":0.4}"#,
        #"{"show":"resting","for_seconds":60}"#,
    ])
    func updatesGoAgainUntilAllAreDone(fault: String) async throws {
        try await Site.with { site in
            try await site.simulator.inject("{\"jobs\":[\(fault)]}")
            let input = try site.input("rows.jsonl", Rows.updates(3_000))
            try await site.withDaemon { _ in
                #expect(try await site.ctl("submit", "update-customers", input, "--wait").code == 0)
                #expect(counts(try await site.ctl("show", "w1", "-o", "json").json())["succeeded"] == 3_000)
                let audit = try await site.ctl("audit", "w1")
                #expect(audit.code == 0, "\(audit.output)")
            }
        }
    }

    @Test(arguments: [#"{"end":"batch_failed"}"#, #"{"end":"timeout","after_share":0.4}"#])
    func createsWithAnUnknownOutcomeAreHeld(fault: String) async throws {
        try await Site.with(queue: Queue.codes) { site in
            try await site.simulator.inject("{\"jobs\":[\(fault)]}")
            let input = try site.input("codes.jsonl", Rows.codes(1_000))
            try await site.withDaemon { _ in
                let ended = try await site.ctl("submit", "promotion-codes", input, "--wait")
                #expect(ended.code == 4, "\(ended.errors)")
                let rows = counts(try await site.ctl("show", "w1", "-o", "json").json())
                #expect(rows["held"] ?? 0 > 0)
                #expect((rows["held"] ?? 0) + (rows["succeeded"] ?? 0) == 1_000)
                let held = try await site.ctl("rows", "w1", "--state", "held").jsonLines()
                #expect(held.allSatisfy { $0["reason"] as? String == "unknown_outcome" })
                #expect(try await site.ctl("audit", "w1").code == 0)
            }
            let twice = try await site.simulator.ledger(minimumExecutions: 2)
            #expect(twice.isEmpty)
        }
    }

    @Test func canceledCreatesGoAgainBecauseTheyDidNotRun() async throws {
        try await Site.with(queue: Queue.codes) { site in
            try await site.simulator.inject(#"{"jobs":[{"end":"canceled","after_share":0.4}]}"#)
            let input = try site.input("codes.jsonl", Rows.codes(1_000))
            try await site.withDaemon { _ in
                let ended = try await site.ctl("submit", "promotion-codes", input, "--wait")
                #expect(ended.code == 0, "\(ended.errors)")
            }
            try await site.expectExecutedOnce(1_000)
        }
    }

    @Test func createsMissingFromTornResultsOfACanceledJobAreHeld() async throws {
        let scenario = #"{"rows":[{"prefix":"p-1","times":1,"line":"missing"}]}"#
        try await Site.with(scenario: scenario, queue: Queue.codes) { site in
            try await site.simulator.inject(#"{"jobs":[{"end":"canceled","after_share":0.5}]}"#)
            let input = try site.input("codes.jsonl", Rows.codes(1_000))
            try await site.withDaemon { _ in
                let ended = try await site.ctl("submit", "promotion-codes", input, "--wait")
                #expect(ended.code == 4, "\(ended.errors)")
                let audit = try await site.ctl("audit", "w1")
                #expect(audit.code == 0, "\(audit.output)")
            }
            let twice = try await site.simulator.ledger(minimumExecutions: 2)
            #expect(twice.isEmpty, "\(twice.prefix(3))")
        }
    }

    @Test func aFailedValidationHoldsTheRowItNames() async throws {
        try await Site.with { site in
            try await site.simulator.inject(
                #"{"jobs":[{"end":"validation_failed","row":"r-7","message":"malformed parameter"}]}"#)
            let input = try site.input("rows.jsonl", Rows.updates(100))
            try await site.withDaemon { _ in
                #expect(try await site.ctl("submit", "update-customers", input, "--wait").code == 4)
                let rows = counts(try await site.ctl("show", "w1", "-o", "json").json())
                #expect(rows["held"] == 1)
                #expect(rows["succeeded"] == 99)
                let held = try await site.ctl("rows", "w1", "--state", "held").jsonLines()
                #expect(held.first?["row"] as? String == "r-7")
                #expect(held.first?["reason"] as? String == "validation")
                #expect(try await site.ctl("audit", "w1").code == 0)
            }
            try await site.expectExecutedOnce(99)
        }
    }

    @Test func aMissedUploadWindowCostsNothing() async throws {
        try await Site.with { site in
            try await site.simulator.inject(
                #"{"wire":[{"on":"upload","action":"lose_before","forever":true}]}"#)
            let input = try site.input("rows.jsonl", Rows.updates(500))
            try await site.withDaemon { _ in
                #expect(try await site.ctl("submit", "update-customers", input).code == 0)
                try await awaitFact("a job waits for its file") { try await !site.simulator.jobs().isEmpty }
                try await site.simulator.advance(seconds: 400)
                try await site.simulator.heal()
                #expect(try await site.ctl("wait", "w1", "--timeout", "100s").code == 0)
                #expect(try await site.ctl("audit", "w1").code == 0)
            }
            try await site.expectExecutedOnce(500)
        }
    }
}
