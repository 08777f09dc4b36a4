import ArgumentParser
import ControlAPI
import Foundation

/// How reports are printed.
enum OutputFormat: String, CaseIterable, ExpressibleByArgument {
    case table, json
}

/// What `batchd run --recover-only` prints: a line for each batch that has something left to do.
struct RecoveryScreen {
    let decisions: [RecoveryDecision]

    func print(as format: OutputFormat) throws {
        switch format {
        case .json:
            for decision in decisions { Swift.print(try jsonLine(decision)) }
        case .table:
            guard !decisions.isEmpty else { return printError("No batch has anything left to do.") }
            let rows = decisions.map { decision in
                [
                    decision.batch, decision.job ?? "-", decision.workload, phase(of: decision),
                    decision.stripe ?? "not asked", decision.next, decision.by ?? "-",
                ]
            }
            for line in aligned([["BATCH", "JOB", "WORKLOAD", "PHASE", "STRIPE SAYS", "NEXT", "BY"]] + rows) {
                Swift.print(line)
            }
        }
    }

    private func phase(of decision: RecoveryDecision) -> String {
        decision.found == decision.phase ? decision.found : "\(decision.found) -> \(decision.phase)"
    }

    private func aligned(_ rows: [[String]]) -> [String] {
        let widths = rows[0].indices.map { column in rows.map { $0[column].count }.max() ?? 0 }
        return rows.map { row in
            zip(row.dropLast(), widths).map { $0 + String(repeating: " ", count: $1 - $0.count) + "  " }
                .joined() + (row.last ?? "")
        }
    }
}
