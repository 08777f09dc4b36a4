package import BatchCore
import GRDB

// The rules that made a success of an answer.
extension Store {
    /// The rules that did so in a batch.
    package func rulesUsed(in batch: BatchID) throws -> [OutcomeRule] {
        try read { db in
            try Row.fetchAll(
                db, sql: "SELECT status, type, code FROM rule_used WHERE batch = ?",
                arguments: [batch.rawValue]
            ).map { row in
                OutcomeRule(status: row["status"], type: row["type"], code: row["code"], outcome: .succeeded)
            }
        }
    }
}

extension Database {
    /// Keeps a rule that made a success of an answer in a batch, once.
    func note(_ rule: OutcomeRule, thatDecidedIn batch: BatchID) throws {
        try execute(
            sql: """
                INSERT INTO rule_used (batch, status, type, code, outcome) SELECT ?1, ?2, ?3, ?4, ?5
                WHERE NOT EXISTS (SELECT 1 FROM rule_used
                  WHERE batch = ?1 AND status IS ?2 AND type IS ?3 AND code IS ?4)
                """,
            arguments: [batch.rawValue, rule.status, rule.type, rule.code, rule.outcome.rawValue])
    }
}
