import Foundation
import StripeSimulator

/// Compares what the daemon says of each row with what the local Stripe did to it.
struct DemoAccount {
    let ids: [String]
    /// `batchctl results`: one JSON line for each row.
    let answers: String
    let record: [RowRecord]

    /// What the daemon says became of a row.
    private struct Answer: Decodable {
        let row: String
        let state: String
    }

    /// Prints the comparison. True when every row was sent, ended once, and ended as it was executed.
    func holds() throws -> Bool {
        let decoder = JSONDecoder()
        let ended = try answers.split(separator: "\n").map {
            try decoder.decode(Answer.self, from: Data($0.utf8))
        }
        let states = Dictionary(ended.map { ($0.row, $0.state) }, uniquingKeysWith: { first, _ in first })
        let records = Dictionary(record.map { ($0.row, $0) }, uniquingKeysWith: { first, _ in first })
        var problems: [String] = []
        if ended.count != ids.count || states.count != ids.count {
            problems.append("\(ids.count) rows were submitted, \(ended.count) results were given")
        }
        for id in ids {
            let executions = records[id]?.executions ?? 0
            switch states[id] {
            case "succeeded" where executions == 0: problems.append("\(id) succeeded and was never executed")
            case "failed" where executions > 0: problems.append("\(id) failed and was executed")
            case "succeeded", "failed": break
            case let state: problems.append("\(id) is \(state ?? "nowhere")")
            }
        }
        let strangers = Set(records.keys).subtracting(ids)
        if !strangers.isEmpty {
            problems.append("\(strangers.count) rows were executed that nobody submitted")
        }
        report(states, problems)
        return problems.isEmpty
    }

    private func report(_ states: [String: String], _ problems: [String]) {
        let succeeded = states.values.count { $0 == "succeeded" }
        let failed = states.values.count { $0 == "failed" }
        let again = record.count { $0.attempts > 1 }
        let twice = record.count { $0.executions > 1 }
        print("   The daemon: \(ids.count) rows, \(succeeded) succeeded, \(failed) failed.")
        print(
            "   The local Stripe: \(record.count) rows seen, \(record.count { $0.executions > 0 }) executed,")
        print(
            "   \(again) sent again, \(twice) of them executed twice because nobody could know the first time."
        )
        for problem in problems.prefix(10) { print("   PROBLEM: \(problem)") }
        if problems.count > 10 { print("   … and \(problems.count - 10) more") }
    }
}
