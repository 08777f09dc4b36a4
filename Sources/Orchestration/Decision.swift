import BatchCore
package import BatchStore
import Env
import Logging

/// What a person decides about rows that do not go on by themselves, carried out some rows at a time, so that
/// nobody waits for it.
package struct Decision: Sendable {
    /// What becomes of the rows.
    package enum Verdict: Sendable {
        /// They are sent again.
        case sendAgain
        /// They are `failed`.
        case giveUp
    }

    /// Why nothing was decided.
    package enum Refused: Error, Sendable {
        /// These names lead to no row in the state: the first of them, and how many there are.
        case strangers([String], total: Int)
        /// The workload is ending at this moment: ask again.
        case ending
        /// Its queue is not configured, so nobody knows which objects its rows act on.
        case noQueue(String)
    }

    private static let rowsPerStep = 2_000
    private let orchestrator: Orchestrator
    private let alarm: Alarm

    /// Decisions that `orchestrator` carries out.
    package init(orchestrator: Orchestrator, alarm: Alarm) {
        self.orchestrator = orchestrator
        self.alarm = alarm
    }

    /// Decides about rows. Of named rows all must be in the state that is selected, or none is touched.
    ///
    /// - Parameter why: the person's reason, for the history.
    /// - Returns: about how many rows it was.
    /// - Throws: `Refused`; `StoreError.wrongState`, `noWorkload`.
    package func decide(
        _ selection: RowSelection, of workload: WorkloadRecord, _ verdict: Verdict, why: String
    ) async throws -> DecidedRows {
        let scanner = try scanner(for: workload, selection)
        var decided = DecidedRows()
        var after: Int64 = -1
        defer { alarm.ring() }
        while true {
            var (rows, strangers) = try orchestrator.store.select(
                selection, of: workload.id, after: after, limit: Self.rowsPerStep, withLines: scanner != nil)
            guard strangers.isEmpty else {
                throw Refused.strangers(Array(strangers.prefix(20)), total: strangers.count)
            }
            guard let last = rows.last else { return decided }
            for index in rows.indices {
                // A line that was accepted can be read: by an older version's rules, at the worst.
                rows[index].object = rows[index].line.flatMap { line in
                    try? line.withUnsafeBufferPointer { try scanner?.scan($0).object }
                }
                rows[index].line = nil
            }
            decided += try await orchestrator.decide(
                rows, in: selection.state, of: workload.id, verdict, why: why)
            if selection.ids != nil { return decided }
            after = last.key.number
        }
    }

    /// What tells the object of a row; nil when nobody needs to know.
    private func scanner(for workload: WorkloadRecord, _ selection: RowSelection) throws -> RowScanner? {
        guard selection.state == .failed else { return nil }
        guard let policy = orchestrator.settings.queues[workload.queue] else {
            throw Refused.noQueue(workload.queue)
        }
        return policy.endpoint.family == nil
            ? nil : RowScanner(endpoint: policy.endpoint, context: policy.context)
    }
}

extension Orchestrator {
    fileprivate func decide(
        _ rows: [SelectedRow], in state: RowState, of workload: WorkloadID, _ verdict: Decision.Verdict,
        why: String
    ) throws -> DecidedRows {
        guard !busy.contains(.workload(workload)) else { throw Decision.Refused.ending }
        let decided: DecidedRows
        switch verdict {
        case .sendAgain:
            decided = try store.sendAgain(rows, in: state, of: workload, why: why, at: clock.now())
        case .giveUp:
            decided = DecidedRows(count: try store.giveUp(rows, of: workload, why: why, at: clock.now()))
        }
        log.notice(
            verdict == .sendAgain ? "rows go again" : "rows are given up",
            metadata: ["workload": "\(workload)", "rows": "\(decided.count)", "reason": "\(why)"])
        return decided
    }
}
