import BatchCore
import Testing

@testable import BatchDaemon
@testable import BatchStore

/// Every state that something can be in has one rule, and whoever must act is told how.
@Suite struct ExplainTests {
    private let now = Timestamp(milliseconds: 1_900_000_000_000)

    private func workload(
        _ state: BatchCore.WorkloadState, reason: String? = nil, cancelWanted: Bool = false,
        startAfter: Timestamp? = nil,
        _ rows: [BatchCore.RowState: Int64] = [.queued: 1]
    ) -> WorkloadRecord {
        var counts = BatchCore.RowCounts()
        for (state, count) in rows { counts[state] = count }
        return WorkloadRecord(
            id: WorkloadID(12), queue: "q", name: "n", state: state, reason: reason,
            cancelWanted: cancelWanted, createdAt: now, sourceBytes: 1, rows: counts, waiting: 0,
            startAfter: startAfter)
    }

    private func row(
        _ state: BatchCore.RowState, reason: RowReason? = nil, due: Timestamp? = nil, ahead: RowAhead? = nil
    ) -> RowRecord {
        RowRecord(
            number: 0, id: "r-1", state: state, attempts: 1, doubts: 0, reason: reason?.rawValue,
            batch: BatchID(3), dueAt: due, ahead: ahead)
    }

    @Test func eachStateOfAWorkloadHasARuleAndEachRuleAState() {
        let calm = WorkloadRule.Surroundings(nextDue: now, now: now)
        var short = calm, paused = calm, gone = calm, behind = calm, later = calm
        var closed = calm, canary = calm
        closed.opensAt = now + .hours(3)
        canary.isCanaryUnderWay = true
        short.isDiskShort = true
        paused.isQueuePaused = true
        gone.isQueueConfigured = false
        behind.nextDue = nil
        later.nextDue = now + .minutes(1)
        let held: [BatchCore.RowState: Int64] = [.held: 2]
        let cases: [(WorkloadRecord, WorkloadRule.Surroundings, WorkloadRule)] = [
            (workload(.finished), calm, .finished), (workload(.canceled), calm, .canceled),
            (workload(.running, cancelWanted: true), calm, .canceling), (workload(.paused), calm, .paused),
            (workload(.held, reason: "unknown_outcome", held), calm, .heldRows),
            (workload(.held, reason: "validation", held), calm, .heldRows),
            (workload(.held, reason: "not_permitted: rows are refused", held), calm, .heldKey),
            (workload(.held, reason: "create_refused: no"), calm, .heldCreate),
            (workload(.held, reason: "submissions_exhausted: 8"), calm, .heldInVain),
            (workload(.held, reason: "validation_failed: 100"), calm, .heldValidation),
            (workload(.held, reason: "canary: 12 of 200 rows failed, 6 %", held), calm, .heldCanary),
            (workload(.held, reason: "halt: 300 of 1000 rows"), calm, .heldHalt),
            (workload(.running), closed, .windowClosed), (workload(.running), canary, .canary),
            (workload(.held, reason: "the archive cannot be written"), calm, .heldOther),
            (workload(.queued), short, .diskShort), (workload(.queued), paused, .queuePaused),
            (workload(.queued), gone, .queueGone), (workload(.running, [.inFlight: 3]), calm, .allUnderWay),
            (workload(.queued, startAfter: now + .hours(1)), calm, .notYet),
            (workload(.queued), behind, .behindOthers), (workload(.running), later, .later),
            (workload(.queued), calm, .noRoom), (workload(.running), calm, .noRoom),
        ]
        for (record, surroundings, rule) in cases {
            #expect(WorkloadRule(record, in: surroundings) == rule)
            let isStuck = record.state == .held || record.state == .paused
            #expect(isStuck == (rule.next == nil && !record.state.isOver && rule != .queueGone))
            if isStuck { #expect(!rule.commands(record).isEmpty) }
        }
        #expect(Set(cases.map(\.2)) == Set(WorkloadRule.allCases))
        #expect(Set(WorkloadRule.allCases.map(\.sentence)).count == WorkloadRule.allCases.count)
        #expect(Set(cases.map(\.0.state)) == Set(BatchCore.WorkloadState.allCases).subtracting([.loading]))
    }

    @Test func eachStateOfARowHasARuleAndEachRuleAState() {
        let running = WorkloadRule.noRoom
        let ahead = RowAhead(workload: WorkloadID(1), id: "r-9")
        let cases: [(RowRecord, WorkloadRule, RowRule)] = [
            (row(.succeeded), running, .succeeded), (row(.canceled), running, .canceled),
            (row(.inFlight), running, .inFlight), (row(.failed, reason: .refused), running, .refused),
            (row(.failed, reason: .attemptsExhausted), running, .exhausted),
            (row(.failed, reason: .operator), running, .givenUp),
            (row(.held, reason: .unknownOutcome), running, .unknownOutcome),
            (row(.held, reason: .validation), running, .validation),
            (row(.held, reason: .resultsExpired), running, .resultsExpired),
            (row(.held, reason: .rule), running, .byRule),
            (row(.held, reason: .operator), running, .heldByPerson),
            (row(.queued, ahead: ahead), running, .behindAnother),
            (row(.queued, due: now + .minutes(1)), running, .later),
            (row(.queued, due: now), running, .ready),
            (row(.queued), running, .ready), (row(.queued), .paused, .stopped),
            (row(.queued), .heldOther, .stopped), (row(.queued), .windowClosed, .stopped),
            (row(.queued), .canary, .stopped), (row(.queued, due: now), .queuePaused, .stopped),
            (row(.queued, due: now), .later, .ready), (row(.queued, ahead: ahead), .paused, .behindAnother),
        ]
        for (record, above, rule) in cases {
            #expect(RowRule(record, under: above, at: now) == rule)
            if record.state == .held {
                #expect(rule.commands(record, of: workload(.running)).count == 2 && rule.next == nil)
            }
        }
        #expect(Set(cases.map(\.2)) == Set(RowRule.allCases))
        #expect(Set(RowRule.allCases.map(\.sentence)).count == RowRule.allCases.count)
        #expect(Set(cases.map(\.0.state)) == Set(BatchCore.RowState.allCases))
    }

    @Test func eachReasonToGiveABatchUpHasASentence() {
        let sentences = ReleaseReason.allCases.map { BatchPhase.released($0).rule }
        #expect(Set(sentences).count == ReleaseReason.allCases.count)
    }
}
