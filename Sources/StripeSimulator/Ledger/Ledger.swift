import Foundation

/// The truth about rows: how often each was handled, and how often that took effect.
///
/// Every attempt is one line of a log on disk; memory holds two small counters a row. A test
/// compares it with what a client believes.
final class Ledger {
    /// One row's passage through one job.
    struct Attempt: Equatable, Sendable {
        var job: String
        /// The row's id; empty when it could not be read.
        var row: String
        /// Method and filled path, such as `POST /v1/customers/cus_1`: the object the row is about.
        var object: String
        /// The HTTP status the row was given.
        var status: Int
        /// The row has a line in the job's result file.
        var isReported: Bool
        /// The world has changed.
        var tookEffect: Bool
    }

    private struct Tally {
        var attempts: UInt16 = 0
        var executions: UInt16 = 0
    }

    private let log: LineFile
    private var tallies: [UInt64: Tally] = [:]
    private(set) var attempts = 0
    private(set) var executions = 0
    private(set) var unreported = 0
    private(set) var byStatus: [Int: Int] = [:]

    init(path: String) throws {
        log = try LineFile(path: path)
    }

    func record(_ attempt: Attempt, digest: UInt64) throws {
        attempts += 1
        byStatus[attempt.status, default: 0] += 1
        if !attempt.isReported { unreported += 1 }
        var tally = tallies[digest] ?? Tally()
        tally.attempts = tally.attempts &+ 1
        if attempt.tookEffect {
            executions += 1
            tally.executions = tally.executions &+ 1
        }
        tallies[digest] = tally
        try log.append(
            attempt.job, "\t", attempt.row, "\t", attempt.object, "\t", String(attempt.status),
            attempt.isReported ? "\t1" : "\t0", attempt.tookEffect ? "\t1\n" : "\t0\n")
    }

    /// Totals: what a test looks at first.
    func summary() -> JSONValue {
        var repeated = 0
        var never = 0
        var retried = 0
        for tally in tallies.values {
            if tally.executions > 1 { repeated += 1 }
            if tally.executions == 0 { never += 1 }
            if tally.attempts > 1 { retried += 1 }
        }
        let statuses = byStatus.map { (String($0.key), JSONValue.integer(Int64($0.value))) }
        return [
            "rows": .integer(Int64(tallies.count)),
            "attempts": .integer(Int64(attempts)),
            "executions": .integer(Int64(executions)),
            "rows_executed_more_than_once": .integer(Int64(repeated)),
            "rows_never_executed": .integer(Int64(never)),
            "rows_attempted_more_than_once": .integer(Int64(retried)),
            "attempts_without_a_line": .integer(Int64(unreported)),
            "attempts_by_status": .object(Dictionary(uniqueKeysWithValues: statuses)),
        ]
    }

    /// What to list.
    struct Query: Sendable {
        var minExecutions = 0
        var minAttempts = 0
        var row: String?
        var job: String?
        /// Group by object instead of by row.
        var byObject = false
    }

    /// Reads every attempt back from the log, in order.
    func forEachAttempt(_ body: (Attempt) -> Void) throws {
        try log.forEachLine { line in
            let parts = line.split(separator: 0x09, omittingEmptySubsequences: false)
                .map { String(decoding: $0, as: UTF8.self) }
            body(
                Attempt(
                    job: parts[0], row: parts[1], object: parts[2], status: Int(parts[3]) ?? 0,
                    isReported: parts[4] == "1", tookEffect: parts[5] == "1"))
        }
    }

    /// One JSON line for each row (or object), in the order of first appearance.
    func lines(_ query: Query) throws -> String {
        var order: [String] = []
        var groups: [String: [Attempt]] = [:]
        try forEachAttempt { attempt in
            if let wanted = query.row, wanted != attempt.row { return }
            if !query.byObject, let tally = tallies[Chance.digest(attempt.row)] {
                guard tally.executions >= query.minExecutions, tally.attempts >= query.minAttempts
                else { return }
            }
            let key = query.byObject ? attempt.object : attempt.row
            if groups[key] == nil { order.append(key) }
            groups[key, default: []].append(attempt)
        }
        return render(order.map { groups[$0] ?? [] }, query)
    }

    private func render(_ groups: [[Attempt]], _ query: Query) -> String {
        var out = ""
        for attempts in groups {
            let executions = attempts.count(where: \.tookEffect)
            if query.byObject, executions < query.minExecutions || attempts.count < query.minAttempts {
                continue
            }
            if let job = query.job, !attempts.contains(where: { $0.job == job }) { continue }
            out += Self.line(attempts, executions: executions, byObject: query.byObject)
        }
        return out
    }

    private static func line(_ attempts: [Attempt], executions: Int, byObject: Bool) -> String {
        func list(_ texts: [String]) -> String { "[" + texts.joined(separator: ",") + "]" }
        let rows = list(attempts.map { JSONText.quoted($0.row) })
        let objects = JSONText.quoted(attempts[0].object)
        let head =
            byObject
            ? "{\"object\":\(objects),\"rows\":\(rows)"
            : "{\"row\":\(JSONText.quoted(attempts[0].row)),\"object\":\(objects)"
        return head + ",\"executions\":\(executions),\"attempts\":\(attempts.count)"
            + ",\"jobs\":" + list(attempts.map { JSONText.quoted($0.job) })
            + ",\"statuses\":" + list(attempts.map { String($0.status) })
            + ",\"reported\":" + list(attempts.map { String($0.isReported) })
            + ",\"took_effect\":" + list(attempts.map { String($0.tookEffect) }) + "}\n"
    }
}
