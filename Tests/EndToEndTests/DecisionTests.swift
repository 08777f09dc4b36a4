import Foundation
import Testing

/// What a person decides, with real programs.
@Suite(.serialized) struct DecisionTests {
    @Test func aPausedWorkloadSendsNothingNotEvenAfterACrashUntilItIsResumed() async throws {
        try await Site.with { site in
            let input = try site.input("rows.jsonl", Rows.updates(500))
            try await site.withDaemon { daemon in
                #expect(try await site.ctl("pause", "ALL", "--reason", "asked by billing").code == 0)
                #expect(try await site.ctl("submit", "update-customers", input).code == 0)
                #expect(try await site.ctl("pause", "w1", "--reason", "second thoughts").code == 0)
                try daemon.kill()
            }
            try await site.withDaemon { _ in
                let status = try await site.ctl("status")
                #expect(status.output.contains("Paused: ALL by "), "\(status.output)")
                #expect(status.output.contains("asked by billing"))
                #expect(status.output.contains("batchctl resume w1"))
                #expect(try await site.ctl("resume", "ALL").code == 0)
                // Another workload of the same queue goes its way, and this one stays where it is.
                let other = try site.input("other.jsonl", Rows.otherUpdates(20))
                #expect(
                    try await site.ctl("submit", "update-customers", other, "--wait", "--timeout", "100s")
                        .code == 0)
                let paused = try await site.ctl("show", "w1", "-o", "json").json()
                #expect(paused["state"] as? String == "paused")
                #expect(paused["reason"] as? String == "second thoughts")
                #expect(counts(paused)["queued"] == 500)
                #expect(try await site.ctl("resume", "w1").code == 0)
                #expect(try await site.ctl("resume", "w1").code == 3, "it goes on already")
                #expect(try await site.ctl("wait", "w1", "--timeout", "100s").code == 0)
                #expect(try await site.ctl("audit").code == 0)
            }
        }
    }

    @Test func nothingThatWasPreparedIsSentOnceAWorkloadIsStopped() async throws {
        let queue = """
              update-customers:
                endpoint: POST /v1/customers/:customer
                canary: null
                max_rows_per_job: 300
                max_concurrent_jobs: 1
            """
        try await Site.with(rps: 100, queue: queue) { site in
            let input = try site.input("rows.jsonl", Rows.updates(3000))
            let other = try site.input("other.jsonl", Rows.otherUpdates(10))
            try await site.withDaemon { _ in
                #expect(try await site.ctl("submit", "update-customers", input).code == 0)
                try await awaitFact("one job runs, and the next batch is prepared") {
                    let states = try await site.ctl("list", "batches", "-o", "json").jsonLines()
                        .compactMap { $0["state"] as? String }
                    return states.contains("processing") && states.contains("staged")
                }
                #expect(try await site.ctl("pause", "w1").code == 0)
                // The only place of the queue is free for others as soon as the running job has ended.
                #expect(
                    try await site.ctl("submit", "update-customers", other, "--wait", "--timeout", "100s")
                        .code == 0)
                let rows = counts(try await site.ctl("show", "w1", "-o", "json").json())
                #expect(rows["in_flight"] == 0)
                #expect((rows["succeeded"] ?? 0) + (rows["queued"] ?? 0) == 3000)
                #expect(try await site.simulator.ledger().count == (rows["succeeded"] ?? 0) + 10)
            }
        }
    }

    @Test func aGreaterPriorityGoesFirstAndALaterStartWaits() async throws {
        try await Site.with { site in
            let input = try site.input("rows.jsonl", Rows.updates(50))
            let other = try site.input("other.jsonl", Rows.otherUpdates(50))
            let later = try site.input("later.jsonl", Rows.codes(5))
            try site.configure(Queue.updates + "\n" + Queue.codes)
            try await site.withDaemon { _ in
                #expect(try await site.ctl("pause", "ALL").code == 0)
                #expect(try await site.ctl("submit", "update-customers", input).code == 0)
                #expect(try await site.ctl("submit", "update-customers", other, "--priority", "5").code == 0)
                #expect(try await site.ctl("resume", "ALL").code == 0)
                let begun = Date.now
                #expect(
                    try await site.ctl("submit", "promotion-codes", later, "--start-after", "6s").code == 0)
                let why = try await site.ctl("explain", "w3")
                #expect(why.output.contains("begun later"), "\(why.output)")
                for id in ["w1", "w2", "w3"] {
                    #expect(try await site.ctl("wait", id, "--timeout", "100s").code == 0)
                }
                #expect(Date.now.timeIntervalSince(begun) > 5)
                let first = try await site.ctl("show", "b1", "-o", "json").json()
                #expect(first["workload"] as? String == "w2")
            }
        }
    }

    @Test func theLastPlaceOfAQueueGoesToAShortJob() async throws {
        let queue = """
              update-customers:
                endpoint: POST /v1/customers/:customer
                canary: null
                max_rows_per_job: 50000
                max_concurrent_jobs: 2
            """
        try await Site.with(rps: 1, timeScale: 1, queue: queue) { site in
            let large = try site.input("large.jsonl", Rows.updates(90_000))
            try await site.withDaemon { _ in
                #expect(try await site.ctl("submit", "update-customers", large).code == 0)
                try await awaitFact("both places are spoken for") {
                    try await site.ctl("list", "batches", "-o", "json").jsonLines().count >= 2
                }
                // Before a rate was seen it is taken to be 10 rows a second: 36,000 an hour.
                let long = try await site.ctl("show", "b1", "-o", "json").json()
                let short = try await site.ctl("show", "b2", "-o", "json").json()
                #expect(long["rows"] as? Int == 50_000 && short["rows"] as? Int == 36_000)
                #expect(try await site.ctl("explain", "b2").output.contains("bound by fairness"))
            }
        }
    }

    @Test func aPauseEndsByItself() async throws {
        try await Site.with { site in
            let input = try site.input("rows.jsonl", Rows.updates(10))
            try await site.withDaemon { _ in
                #expect(try await site.ctl("pause", "update-customers", "--until", "3s").code == 0)
                let queues = try await site.ctl("list", "queues", "-o", "json").jsonLines()
                #expect(queues.map { $0["state"] as? String } == ["paused"])
                #expect(
                    try await site.ctl("submit", "update-customers", input, "--wait", "--timeout", "100s")
                        .code == 0)
                let events = try await site.ctl("events")
                #expect(events.output.contains("its pause is over"), "\(events.output)")
            }
        }
    }

    @Test func heldCreatesAreSentAgainOrGivenUpAsAPersonSays() async throws {
        let scenario = #"{"rows":[{"prefix":"p-1","times":1,"status":500}]}"#
        try await Site.with(scenario: scenario, queue: Queue.codes) { site in
            let input = try site.input("rows.jsonl", Rows.codes(40))
            try await site.withDaemon { _ in
                #expect(try await site.ctl("submit", "promotion-codes", input, "--wait").code == 4)
                let held = try await site.ctl("rows", "w1", "--state", "held").jsonLines()
                let ids = held.compactMap { $0["row"] as? String }
                #expect(ids.count == 11)
                let status = try await site.ctl("status")
                #expect(status.output.contains("batchctl release w1 --all"), "\(status.output)")

                let why = try await site.ctl("explain", "w1")
                #expect(why.output.contains("a person must decide the held rows"), "\(why.output)")
                let row = try await site.ctl("explain", "w1", ids[0])
                #expect(row.output.contains("HTTP 500"), "\(row.output)")
                #expect(row.output.contains("batchctl release w1 \(ids[0]) --reason"))
                let job = try await site.ctl("explain", held.first?["job"] as? String ?? "")
                #expect(job.output.contains("b1 is settled"), "\(job.output)")
                #expect(try await site.ctl("explain", "w1", "no-such-row").code == 1)

                let stranger = try await site.ctl("release", "w1", ids[0], "p-2", "--reason", "x")
                #expect(stranger.code == 3 && stranger.errors.contains("p-2"), "\(stranger.errors)")
                #expect(counts(try await site.ctl("show", "w1", "-o", "json").json())["held"] == 11)

                #expect(try await site.ctl("fail", "w1", ids[0], "--reason", "not wanted").code == 0)
                #expect(try await site.ctl("release", "w1", "--all", "--reason", "checked").code == 0)
                #expect(try await site.ctl("wait", "w1", "--timeout", "100s").code == 8)
                let rows = counts(try await site.ctl("show", "w1", "-o", "json").json())
                #expect(rows["succeeded"] == 39 && rows["failed"] == 1)
                let given = try await site.ctl("rows", "w1", "--state", "failed").jsonLines()
                #expect(given.first?["reason"] as? String == "operator")
                let events = try await site.ctl("events", "w1")
                #expect(events.output.contains("checked") && events.output.contains("not wanted"))

                let again = try await site.ctl("retry", "w1", "-o", "json")
                #expect(try again.json()["given_up_before"] as? Int == 1)
                #expect(again.errors.contains("1 of these rows was given up by a person"), "\(again.errors)")
                #expect(try await site.ctl("wait", "w1", "--timeout", "100s").code == 0)
                let audit = try await site.ctl("audit", "w1")
                #expect(audit.code == 0, "\(audit.output)")
            }
        }
    }

    @Test func failedRowsOfAFinishedWorkloadGoAgainAndItsOutcomeIsWrittenAnew() async throws {
        let scenario = #"{"rows":[{"prefix":"r-1","times":1,"status":402,"code":"card_declined"}]}"#
        try await Site.with(scenario: scenario) { site in
            let input = try site.input("rows.jsonl", Rows.updates(40))
            try await site.withDaemon { daemon in
                #expect(try await site.ctl("submit", "update-customers", input, "--wait").code == 8)
                #expect(try await site.ctl("retry", "w1", "--code", "no_such_code").code == 0)
                #expect(
                    try await site.ctl("show", "w1", "-o", "json").json()["state"] as? String == "finished")
                #expect(try await site.ctl("pause", "ALL").code == 0)
                let retried = try await site.ctl("retry", "w1", "--code", "card_declined")
                #expect(retried.code == 0 && retried.errors.contains("11 rows"), "\(retried.errors)")
                #expect(counts(try await site.ctl("show", "w1", "-o", "json").json())["queued"] == 11)
                try daemon.kill()
            }
            try await site.withDaemon { _ in
                #expect(try await site.ctl("resume", "ALL").code == 0)
                #expect(try await site.ctl("wait", "w1", "--timeout", "100s").code == 0)
                let results = try await site.ctl("results", "w1").jsonLines()
                #expect(results.count == 40)
                #expect(results.allSatisfy { $0["state"] as? String == "succeeded" })
                let audit = try await site.ctl("audit", "w1")
                #expect(audit.code == 0, "\(audit.output)")
            }
        }
    }
}
