import BatchCore
package import Env
import Foundation
import StripeSimulator

/// Power cuts at chosen points of a small world, in which every fault point is passed.
package enum PowerCuts {
    /// Rows that take every way: done, refused for a while, refused for good, without a line, in doubt.
    private static let scenario = """
        {"rows":[
          {"name":"once","ids":["e0-r1"],"times":1,"status":429},
          {"name":"lost","ids":["e0-r2"],"times":1,"line":"missing"},
          {"name":"unsure","ids":["e0-r3","e1-r1"],"times":1,"status":500,"executed":true},
          {"name":"never","ids":["e0-r4"],"status":404}
        ]}
        """

    /// The small world. The power is cut at the first point in the first life, at the second in the second.
    /// `diskErrors` is how likely a step on its disk fails.
    package static func world(
        cutAt cuts: [FaultPoint], folder: String, diskErrors: Double = 0,
        onLine: (@Sendable (String) -> Void)? = nil
    ) throws -> World {
        var script = World.Script()
        script.onLine = onLine
        script.crashesAt = { point, passing, life in
            passing == 1 && life <= cuts.count && cuts[life - 1] == point
        }
        var swarm = try swarm()
        swarm.diskErrors = diskErrors
        return try World(seed: 1, errands: errands(), swarm: swarm, folder: folder, script: script)
    }

    /// A world of one workload: the power is cut when its rows are claimed, and the next life finds a full disk.
    package static func shortDisk(folder: String) throws -> World {
        var script = World.Script()
        script.crashesAt = { point, _, life in life == 1 && point == .stagingCommitted }
        var swarm = Swarm()
        swarm.chaos = .hours(2)
        swarm.fullDisk = [.seconds(2)..<(.hours(1))]
        guard let endpoint = Endpoint("POST /v1/customers/:customer") else { throw POSIXError(.EINVAL) }
        let account = AccountPolicy(name: "main", apiVersion: "2026-09-30.preview")
        let queue = QueuePolicy(name: "q", account: account, endpoint: endpoint)
        let errand = Errand(number: 0, queue: queue, count: 5, key: "key") { "cus_\($0)" }
        return try World(seed: 1, errands: [errand], swarm: swarm, folder: folder, script: script)
    }

    /// True when each row of the small world ended as it must, wherever the power was cut.
    package static func isRight(_ report: Report) -> Bool {
        let states = report.states
        // A person decides about the one row in doubt: it stays as it is, is failed, or is sent again and done.
        let decided = [states[.held], states[.failed] - 1, states[.succeeded] + states[.canceled] - 34]
        return decided.sorted() == [0, 0, 1]
    }

    private static func swarm() throws -> Swarm {
        var swarm = Swarm()
        swarm.chaos = .hours(2)
        swarm.rowsPerSecond = 0.1
        swarm.forgetsUnsynced = true
        swarm.scenario = try Scenario(json: Data(scenario.utf8))
        swarm.scenarioText = scenario
        return swarm
    }

    /// Updates in three jobs, creates of which one stays in doubt, a workload whose job is canceled while it
    /// runs, and one that is canceled before it was sent.
    private static func errands() throws -> [Errand] {
        let account = AccountPolicy(name: "main", apiVersion: "2026-09-30.preview")
        let work: [(endpoint: String, rows: Int, cancelAt: Duration?)] = [
            ("POST /v1/customers/:customer", 9, nil), ("POST /v1/promotion_codes", 4, nil),
            ("DELETE /v1/subscriptions/:subscription_exposed_id", 20, .seconds(100)),
            ("DELETE /v1/subscriptions/:subscription_exposed_id", 3, .seconds(20)),
        ]
        return try work.enumerated().map { number, work in
            guard let endpoint = Endpoint(work.endpoint) else { throw POSIXError(.EINVAL) }
            let queue = QueuePolicy(
                name: work.endpoint, account: account, endpoint: endpoint, maxConcurrentJobs: 1,
                maxRowsPerJob: number == 0 ? 4 : nil)
            var errand = Errand(number: number, queue: queue, count: work.rows, key: "key-\(number)") {
                "object_\(number)x\($0)"
            }
            errand.submitAt = .seconds(number)
            errand.cancelAt = work.cancelAt
            errand.cancelNow = true
            return errand
        }
    }
}
