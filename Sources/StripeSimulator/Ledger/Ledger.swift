/// The truth about rows: how often each was handled, and how often that took effect.
///
/// Every attempt is one line of a log on disk, and each row has two counters there. A test compares it
/// with what a client believes.
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

    /// How often a row was handled, and how often that took effect, in one number.
    private struct Tally {
        var attempts: UInt32
        var executions: UInt32

        init(_ number: UInt64) {
            attempts = UInt32(truncatingIfNeeded: number >> 32)
            executions = UInt32(truncatingIfNeeded: number)
        }

        var number: UInt64 { UInt64(attempts) << 32 | UInt64(executions) }
    }

    private let path: String
    private let log: LineFile
    private let tallies: DigestTable
    private var totals = Totals()

    /// What a test looks at first.
    private struct Totals {
        var attempts = 0
        var executions = 0
        var unreported = 0
        var rowsExecuted = 0
        var rowsExecutedAgain = 0
        var rowsAttemptedAgain = 0
        var byStatus: [Int: Int] = [:]
    }

    init(path: String) throws {
        self.path = path
        log = try LineFile(path: path)
        tallies = try DigestTable(beside: path)
    }

    func record(_ attempt: Attempt, digest: UInt64) throws {
        totals.attempts += 1
        totals.byStatus[attempt.status, default: 0] += 1
        if !attempt.isReported { totals.unreported += 1 }
        if attempt.tookEffect { totals.executions += 1 }
        let earlier = try tallies.update(digest) { number in
            var tally = Tally(number ?? 0)
            tally.attempts += 1
            if attempt.tookEffect { tally.executions += 1 }
            return tally.number
        }
        let before = Tally(earlier ?? 0)
        if before.attempts == 1 { totals.rowsAttemptedAgain += 1 }
        if attempt.tookEffect, before.executions == 0 { totals.rowsExecuted += 1 }
        if attempt.tookEffect, before.executions == 1 { totals.rowsExecutedAgain += 1 }
        log.add(attempt.job)
        log.add("\t")
        log.add(attempt.row)
        log.add("\t")
        log.add(attempt.object)
        log.add("\t")
        log.add(String(attempt.status))
        log.add(attempt.isReported ? "\t1" : "\t0")
        log.add(attempt.tookEffect ? "\t1\n" : "\t0\n")
        try log.endLine()
    }

    func summary() -> JSONValue {
        let statuses = totals.byStatus.map { (String($0.key), JSONValue.integer(Int64($0.value))) }
        return [
            "rows": .integer(Int64(tallies.count)),
            "attempts": .integer(Int64(totals.attempts)),
            "executions": .integer(Int64(totals.executions)),
            "rows_executed_more_than_once": .integer(Int64(totals.rowsExecutedAgain)),
            "rows_never_executed": .integer(Int64(tallies.count - totals.rowsExecuted)),
            "rows_attempted_more_than_once": .integer(Int64(totals.rowsAttemptedAgain)),
            "attempts_without_a_line": .integer(Int64(totals.unreported)),
            "attempts_by_status": .object(Dictionary(uniqueKeysWithValues: statuses)),
        ]
    }

    /// The ledger as it is now, to be listed while it goes on.
    func report(_ query: LedgerReport.Query) throws -> LedgerReport {
        LedgerReport(log: try log.snapshot(), path: path, query: query)
    }

    /// Reads every attempt back from the log, in order.
    func forEachAttempt(_ body: (Attempt) -> Void) throws {
        var pieces = try log.snapshot()
        while let piece = try pieces.next() {
            for line in piece.split(separator: 0x0A) { body(Attempt(line)) }
        }
    }
}

extension Ledger.Attempt {
    /// Reads a line of the log.
    init(_ line: ArraySlice<UInt8>) {
        let parts = line.split(separator: 0x09, omittingEmptySubsequences: false)
            .map { String(decoding: $0, as: UTF8.self) }
        self.init(
            job: parts[0], row: parts[1], object: parts[2], status: Int(parts[3]) ?? 0,
            isReported: parts[4] == "1", tookEffect: parts[5] == "1")
    }
}
