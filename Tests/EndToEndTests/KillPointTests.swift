import Env
import Testing

/// A real SIGKILL right after each durable step and each answer: the next start finds its way.
@Suite struct KillPointTests {
    /// Rows that take every way: done, refused for a while, refused for good, without a line, in doubt.
    static let scenario = """
        {"rows":[
          {"name":"once","prefix":"r-1","times":1,"status":429},
          {"name":"lost","prefix":"r-2","times":1,"line":"missing"},
          {"name":"unsure","prefix":"r-3","times":1,"status":500,"executed":true},
          {"name":"never","prefix":"r-4","status":404}
        ]}
        """
    static let queue = """
          update-customers:
            endpoint: POST /v1/customers/:customer
            canary: null
            retry: {max_attempts: 4, initial_delay: 100ms, max_delay: 300ms}
        """
    /// Most of a case is waiting, so some run side by side.
    private static let gate = Gate(4)

    @Test(arguments: FaultPoint.allCases)
    func aKillRightAfterItLosesNothing(point: FaultPoint) async throws {
        try await Self.gate.pass {
            try await Site.with(scenario: Self.scenario, queue: Self.queue) { site in
                let input = try site.input("rows.jsonl", Rows.updates(49))
                try await site.withDaemon(dyingAt: point.rawValue) {
                    let pid = try site.daemonPID
                    // The acceptance is no fault point; what comes after it may cut the answer off.
                    _ = try await site.ctl("submit", "update-customers", input, "--key", "k")
                    try await site.awaitEndOrDeath(of: pid)
                }
                try await site.withDaemon { _ in
                    #expect(try await site.ctl("submit", "update-customers", input, "--key", "k").code == 0)
                    try await site.expectEveryWay()
                }
            }
        }
    }
}

extension Site {
    /// Waits for the end of 49 rows of the scenario above, and checks what became of each.
    func expectEveryWay() async throws {
        let ended = try await ctl("wait", "w1", "--timeout", "100s")
        #expect(ended.code == 8, "\(ended.errors)")
        let rows = counts(try await ctl("show", "w1", "-o", "json").json())
        #expect(rows["succeeded"] == 38)
        #expect(rows["failed"] == 11)
        let audit = try await ctl("audit")
        #expect(audit.code == 0, "\(audit.output)")
        for row in try await simulator.ledger(minimumExecutions: 2) {
            // Twice only where nobody could know the first time.
            let name = row["row"] as? String ?? ""
            #expect(name.hasPrefix("r-2") || name.hasPrefix("r-3"), "\(row)")
            #expect(row["executions"] as? Int == 2, "\(row)")
        }
    }
}

/// Lets so many through at a time.
actor Gate {
    private var free: Int
    private var waiting: [CheckedContinuation<Void, Never>] = []

    init(_ places: Int) { free = places }

    /// Runs `body` when there is a place for it.
    nonisolated func pass(_ body: () async throws -> Void) async throws {
        await enter()
        do { try await body() } catch {
            await leave()
            throw error
        }
        await leave()
    }

    private func enter() async {
        if free > 0 {
            free -= 1
        } else {
            await withCheckedContinuation { waiting.append($0) }
        }
    }

    private func leave() {
        if waiting.isEmpty { free += 1 } else { waiting.removeFirst().resume() }
    }
}
