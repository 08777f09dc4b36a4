import Foundation
import Testing

/// What asks twice where money moves.
@Suite(.serialized) struct LiveAccountTests {
    /// A live account that nobody answers for: nothing is sent to a real one.
    private func configure(_ site: Site) throws {
        try site.configure(Queue.updates)
        var text = try String(contentsOfFile: site.config, encoding: .utf8)
        text = text.replacing(
            "accounts:\n",
            with:
                "accounts:\n  live:\n    api_base: https://127.0.0.1:1\n    api_key_file: key\n    livemode: true\n"
        )
        text = text.replacing(
            "    max_rows_per_job: 5000", with: "    account: main\n    max_rows_per_job: 5000")
        text += "\n  live-customers: {account: live, endpoint: 'POST /v1/customers/:customer'}\n"
        try text.write(toFile: site.config, atomically: true, encoding: .utf8)
    }

    @Test func aDecisionOnALiveAccountWantsTheWorkloadsName() async throws {
        try await Site.with { site in
            try configure(site)
            let input = try site.input("rows.jsonl", Rows.updates(20))
            try await site.withDaemon { _ in
                #expect(try await site.ctl("submit", "live-customers", input, "--name", "migrate").code == 0)
                for command in [
                    ["cancel"], ["retry"], ["fail", "--all", "--reason", "x"],
                    ["release", "--all", "--reason", "x"],
                ] {
                    let refused = try await site.ctl([command[0], "w1"] + command.dropFirst())
                    #expect(refused.code == 3, "\(command): \(refused.errors)")
                    #expect(refused.errors.contains("--confirm"), "\(refused.errors)")
                    #expect(!refused.errors.contains("migrate"), "\(refused.errors)")
                }
                let wrong = try await site.ctl("cancel", "w1", "--confirm", "other")
                #expect(wrong.code == 3 && wrong.errors.contains("is not the name of w1"), "\(wrong.errors)")
                // The daemon refuses, not only its client.
                let curl = try await site.curl("/v1/workloads/w1/cancel", posting: true)
                #expect(curl.contains("confirmation_needed"), "\(curl)")
                #expect(
                    try await site.ctl("show", "w1", "-o", "json").json()["state"] as? String != "canceled")
                // Stopping for a while takes nothing away.
                #expect(try await site.ctl("pause", "w1").code == 0)
                #expect(try await site.ctl("resume", "w1").code == 0)
                #expect(try await site.ctl("cancel", "w1", "--confirm", "migrate").code == 0)
                // On a test account nobody is asked.
                let later = try await site.ctl("submit", "update-customers", input, "--start-after", "1h")
                #expect(later.code == 0)
                #expect(try await site.ctl("cancel", "w2").code == 0)
            }
        }
    }
}
