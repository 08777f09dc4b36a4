import BatchCore
import GRDB

/// Puts rows that failed, and are to be sent again, behind all others with the same object.
///
/// Their turn was over, and rows submitted later have gone ahead since: so they take a new place behind
/// everybody who may still be sent. Few rows are sent again, so each object is looked up in the stored runs.
struct LineAgain {
    private let db: Database
    private let workload: WorkloadID
    private let runs: [(workload: WorkloadID, run: Int64)]
    private let place: Int64
    private var line: Line
    private var entered: Int64 = 0

    /// - Parameter rows: those that will be entered, one by one. What is submitted later is compared with them.
    init(_ db: Database, _ workload: WorkloadID, _ rows: [SelectedRow]) throws {
        self.db = db
        self.workload = workload
        line = try Line(db)
        // A workload's objects are forgotten at its end. To have one twice does no harm.
        try db.appendLateRun(ObjectRun(of: rows), to: workload)
        runs = try Row.fetchAll(
            db,
            sql: """
                SELECT DISTINCT b.workload, b.run FROM workload w JOIN workload r ON r.family = w.family
                JOIN object_block b ON b.workload = r.id
                WHERE w.id = ? AND r.place IS NOT NULL AND r.state NOT IN ('finished', 'canceled')
                """, arguments: [workload.rawValue]
        ).map { (WorkloadID($0["workload"] as Int64), $0["run"]) }
        place = try db.nextPlace()
        try db.execute(
            sql: "UPDATE workload SET late_place = ? WHERE id = ?", arguments: [place, workload.rawValue])
    }

    /// Puts a row in line, if there is one: true when it must wait.
    ///
    /// Call it before the row changes its state, and change that before the next row is entered.
    mutating func enter(_ row: SelectedRow) throws -> Bool {
        guard let object = row.object else { return false }
        for other in try db.rows(with: object, inRuns: runs) where other != row.key {
            guard try line.mayBeSent(other) else { continue }
            try line.enter(SharingRow(object: object, key: other, isSharedWithin: false))
        }
        let isTaken = try Bool.fetchOne(
            db.cachedStatement(sql: "SELECT EXISTS (SELECT 1 FROM object_turn WHERE object = ?)"),
            arguments: [object.rawValue])
        guard isTaken == true else { return false }
        try db.cachedStatement(sql: "INSERT INTO object_turn (object, place, key) VALUES (?, ?, ?)")
            .execute(arguments: [object.rawValue, place, row.key.rawValue])
        entered += 1
        return true
    }

    /// Brings what the workloads count up to date. Call it after the rows were counted as queued.
    mutating func finish() throws {
        line.changes[workload, default: TurnChange()].turns += entered
        line.changes[workload, default: TurnChange()].waiting += entered
        try db.apply(line.changes)
    }
}
