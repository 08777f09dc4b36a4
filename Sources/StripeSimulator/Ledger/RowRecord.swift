/// What the simulator knows of one row, over all jobs that carried it.
package struct RowRecord: Sendable, Equatable {
    /// The row's id.
    package let row: String
    /// How often it was handled, refused or not.
    package var attempts = 0
    /// How often that changed the world.
    package var executions = 0
}

extension Ledger {
    /// One record a row, in the order of first appearance.
    func records() throws -> [RowRecord] {
        var records: [RowRecord] = []
        var places: [String: Int] = [:]
        try forEachAttempt { attempt in
            let place = places[attempt.row] ?? records.count
            if place == records.count {
                places[attempt.row] = place
                records.append(RowRecord(row: attempt.row))
            }
            records[place].attempts += 1
            if attempt.tookEffect { records[place].executions += 1 }
        }
        return records
    }
}

extension Simulator {
    func rowRecords() throws -> [RowRecord] { try ledger.records() }
}
