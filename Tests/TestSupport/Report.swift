package import BatchCore
package import Env
import Foundation

/// What a world came to.
package struct Report: Sendable {
    /// The seed.
    package var seed: UInt64 = 0
    /// Promises that were broken; none, if all is well.
    package var violations: [String] = []
    /// Stands for the whole history.
    package var digest: UInt64 = 0
    /// Jobs that the scheduler ran.
    package var jobs: UInt64 = 0
    /// How long the world lasted, in its own time.
    package var simulated: Duration = .zero
    /// Rows submitted.
    package var rows = 0
    /// Rows by their last state.
    package var states = RowCounts()
    /// Jobs at Stripe.
    package var stripeJobs = 0
    /// Those by how they ended.
    package var endings: [String: Int] = [:]
    /// Rows that Stripe executed, each time counted.
    package var executions = 0
    /// Faults that struck, by kind.
    package var faults: [String: Int] = [:]
    /// Fault points that were passed.
    package var points: [FaultPoint: Int] = [:]
    /// Why workloads were held in the end, until a person decided.
    package var decisions: [String: Int] = [:]
    /// Workloads by their last state and reason.
    package var workloads: [String: Int] = [:]

    /// An empty report.
    package init() {}

    /// Adds another world's figures.
    package mutating func add(_ other: Report) {
        violations += other.violations.map { "seed \(other.seed): \($0)" }
        jobs += other.jobs
        simulated += other.simulated
        rows += other.rows
        states = states + other.states
        stripeJobs += other.stripeJobs
        executions += other.executions
        faults.merge(other.faults, uniquingKeysWith: +)
        points.merge(other.points, uniquingKeysWith: +)
        digest &+= other.digest
        decisions.merge(other.decisions, uniquingKeysWith: +)
        workloads.merge(other.workloads, uniquingKeysWith: +)
        endings.merge(other.endings, uniquingKeysWith: +)
    }
}

extension Report {
    /// The figures as a table for people.
    package func summary(worlds: Int, seconds: Double) -> String {
        func list(_ counts: [String: Int]) -> String {
            counts.sorted { ($1.value, $0.key) < ($0.value, $1.key) }.map { "\($0.value) \($0.key)" }
                .joined(separator: ", ")
        }
        let calls = faults.filter { name, _ in Trouble(rawValue: name) != nil }
        let others = faults.filter { name, _ in Trouble(rawValue: name) == nil }
        let lines = [
            ("worlds", "\(worlds)"), ("rows", "\(rows)"), ("executions at Stripe", "\(executions)"),
            (
                "rows in the end",
                list(Dictionary(uniqueKeysWithValues: RowState.allCases.map { ($0.word, Int(states[$0])) }))
            ),
            ("jobs at Stripe", "\(stripeJobs): \(list(endings))"),
            ("workloads", list(workloads)), ("held until decided", list(decisions)),
            ("crashes and stops", list(others)),
            ("calls that went wrong", "\(calls.values.reduce(0, +)): \(list(calls))"),
            (
                "fault points passed",
                "\(points.values.reduce(0, +)), \(points.count) of \(FaultPoint.allCases.count) kinds"
            ),
            ("digest", String(digest, radix: 16)),
            ("simulated", "\(Int(simulated.seconds / 86400)) days"), ("taken", "\(Int(seconds * 10) / 10) s"),
        ]
        return lines.map { "  \($0.0.padding(toLength: 24, withPad: " ", startingAt: 0))\($0.1)" }.joined(
            separator: "\n")
    }
}

extension World {
    /// What this world is like, for people.
    package func describe() -> String {
        var lines = [
            "seed \(seed): \(errands.count) errands, \(swarm.rowsPerSecond) rows a second, chaos for \(swarm.chaos)"
        ]
        for errand in errands {
            lines.append(
                "  errand \(errand.number): \(errand.rows.count) rows to \(errand.queue.endpoint), at \(errand.submitAt)"
                    + (errand.cancelAt.map {
                        ", canceled at \($0)\(errand.cancelNow ? " with its jobs" : "")"
                    } ?? "")
                    + ", at most \(errand.queue.maxRowsPerJob.map(String.init) ?? "any") rows a job, \(errand.queue.retry.maxAttempts) attempts, unknown: \(errand.queue.unknownOutcome)"
            )
        }
        lines.append("  troubles: \(swarm.troubles.map { "\($0.trouble.rawValue) \($0.probability)" })")
        lines.append(
            "  outages: \(swarm.outages), crashes every \(swarm.jobsBetweenCrashes ?? 0) jobs, at points \(swarm.crashAtPoint), skew \(swarm.skew)"
        )
        if swarm.diskErrors > 0 || !swarm.fullDisk.isEmpty {
            lines.append("  disk: errors \(swarm.diskErrors), full at \(swarm.fullDisk)")
        }
        lines.append("  scenario: \(swarm.scenarioText)")
        return lines.joined(separator: "\n")
    }
}
