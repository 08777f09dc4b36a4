import ArgumentParser
import Foundation
import StripeSimulator

/// `batchsim demo`.
struct DemoCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "demo",
        abstract: "Run a whole workload through a real batchd and a local Stripe, and check it.",
        discussion: """
            Exits 0 only if the daemon's audit holds and every row is accounted for in the local Stripe's \
            own record.
            """)

    @Option(help: "Rows to send.")
    var rows = 5000

    @Flag(help: "Keep the folder with the configuration, the database and the archive.")
    var keep = false

    func validate() throws {
        guard (1...1_000_000).contains(rows) else { throw ValidationError("--rows is 1 to 1000000.") }
    }

    func run() async throws {
        let site = try DemoSite.create()
        defer { if !keep { site.remove() } }
        var configuration = SimulatorServer.Configuration()
        configuration.port = 0
        configuration.seed = 2026
        configuration.directory = site.path("stripe")
        // About ten seconds of work, so that there is progress to see.
        configuration.rowsPerSecond = max(100, Double(rows) / 10)
        configuration.scenario = try Scenario(json: Data(DemoWorkload.scenario.utf8))
        let (running, listening) = AsyncStream.makeStream(of: SimulatorServer.Running.self)
        let server = SimulatorServer(configuration) { listening.yield($0) }
        let isGood = try await withThrowingTaskGroup(of: Bool.self) { group in
            group.addTask {
                try await server.run()
                return false
            }
            group.addTask {
                for await stripe in running { return try await show(site, stripe) }
                return false
            }
            defer { group.cancelAll() }
            return try await group.next() ?? false
        }
        if keep { print("\nKept: \(site.folder)") }
        guard isGood else { throw ExitCode.failure }
    }

    /// Goes through the steps. True when everything held.
    private func show(_ site: DemoSite, _ stripe: SimulatorServer.Running) async throws -> Bool {
        let base = "http://127.0.0.1:\(stripe.port)"
        step(1, "A local Stripe listens on \(base) (batchsim, in this process).")
        print("   Some rows will fail once, some for good, some results will be missing, by these rules:")
        print(DemoWorkload.rules)

        let ids = DemoWorkload.ids(rows)
        try DemoWorkload.write(ids, to: site.path("rows.jsonl"))
        try site.configure(api: base)
        step(2, "A folder of its own: \(site.folder)")
        print("   with batchd.yaml, a test key, and \(rows) rows as Stripe's SDK writes them, such as")
        print("   \(DemoWorkload.line(ids[0], 0))")

        step(3, "Starting the daemon: batchd run --config batchd.yaml")
        return try await site.withDaemon {
            try await site.untilReady()
            let workload = try await submit(site)
            let audit = try await inspect(site, workload)
            let answers = try await site.output("batchctl", ["results", workload])
            let isComplete = try await DemoAccount(ids: ids, answers: answers, record: stripe.record())
                .holds()
            let isGood = audit && isComplete
            step(9, isGood ? "Done: every row is accounted for." : "NOT GOOD: see above.")
            return isGood
        }
    }

    private func submit(_ site: DemoSite) async throws -> String {
        step(4, "batchctl submit update-customers rows.jsonl --name demo")
        let answer = try await site.output(
            "batchctl", ["submit", "update-customers", site.path("rows.jsonl"), "--name", "demo"])
        let workload = answer.trimmingCharacters(in: .whitespacesAndNewlines)
        print("   The workload is \(workload); its rows are on disk.")
        step(5, "batchctl watch \(workload)")
        // Rows that fail for good make it exit with 8, which is what we want to see.
        _ = try await site.show("batchctl", ["watch", workload])
        return workload
    }

    /// Shows what there is. True when the audit holds.
    private func inspect(_ site: DemoSite, _ workload: String) async throws -> Bool {
        step(6, "What became of it: batchctl show \(workload), and one row that failed for good")
        _ = try await site.show("batchctl", ["show", workload])
        let failed = try await site.output("batchctl", ["rows", workload, "--state", "failed"])
        print(failed.split(separator: "\n").first.map { "\n\($0)" } ?? "No row failed for good.")

        step(7, "The archive: what Stripe returned. The audit compares these digests with the manifests")
        let files = try site.archivedFiles()
        _ = try await site.show("sha256sum", files, in: site.path("archive"))

        step(8, "batchctl audit \(workload), and the same question to the local Stripe")
        return try await site.show("batchctl", ["audit", workload]) == 0
    }

    private func step(_ number: Int, _ text: String) {
        print("\n\(number). \(text)")
        fflush(nil)
    }
}
