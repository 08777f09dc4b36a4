import BatchCore
import BatchStore
import Orchestration
import Synchronization

/// What people do to the daemon.
extension World {
    /// Submits an errand at its time, until it is told that it was accepted, and cancels it when that is wanted.
    func operate(_ errand: Errand) async {
        await pause(errand.submitAt)
        guard let id = await submit(errand), let cancelAt = errand.cancelAt else { return }
        await pause(cancelAt - errand.submitAt)
        while let life = await running() {
            do {
                try await life.orchestrator.cancel(id, now: errand.cancelNow)
                life.alarm.ring()
                trace("operator: \(id) canceled\(errand.cancelNow ? " at once" : "")")
                state.withLock { _ = $0.canceled.insert(errand.number) }
                return
            } catch StoreError.wrongState(_, let state) where state.isOver {
                return
            } catch {
                guard life.isOver else { return violated("cancel: \(error)") }
                await pause(.seconds(1))
            }
        }
    }

    /// Submits until the answer is heard. An answer that was lost with the daemon is asked for again.
    private func submit(_ errand: Errand) async -> WorkloadID? {
        var wasTried = false
        while let life = await running() {
            let answer: WorkloadID?
            do {
                answer = try await submitOnce(errand, to: life)
            } catch SubmissionRefused.duplicateContent(let earlier) where wasTried && errand.key == nil {
                answer = earlier
            } catch SubmissionRefused.diskFull {
                answer = nil
                count("submission refused: disk full")
                await pause(.minutes(10))
            } catch {
                if !life.isOver { violated("submit: \(error)") }
                answer = nil
            }
            if let answer {
                trace("operator: errand \(errand.number) is \(answer), \(errand.rows.count) rows")
                state.withLock { $0.accepted[errand.number] = answer }
                return answer
            }
            wasTried = true
            await pause(.seconds(5))
        }
        return nil
    }

    private func submitOnce(_ errand: Errand, to life: Life) async throws -> WorkloadID {
        var intake = try await Intake(
            to: errand.queue, name: "errand", orchestrator: life.orchestrator, alarm: life.alarm)
        do {
            let middle = draw(0...errand.input.count)
            errand.input[..<middle].withUnsafeBytes { intake.feed($0) }
            if draw(0...1) == 0 { try await intake.flush() }
            await pause(.milliseconds(draw(0...500)))
            errand.input[middle...].withUnsafeBytes { intake.feed($0) }
            let (id, existing) = try await intake.finish(key: errand.key, allowDuplicate: false)
            if existing { await intake.abandon() }
            return id
        } catch {
            if !life.isOver { await intake.abandon() }
            throw error
        }
    }

    /// Decides what waits for a person: held rows are failed or sent again, or their workload is canceled.
    /// Rows behind them may go then.
    ///
    /// - Returns: false when nothing was left to decide.
    func decide() async -> Bool {
        guard let life = await running() else { return false }
        do {
            let open = try life.store.workloads(openOnly: true)
            let held = open.filter { $0.state == .held }
            if held.isEmpty, let workload = open.first {
                violated("\(workload.id) is \(workload.state), and waits for nobody")
            }
            for workload in held {
                try await decide(workload, in: life)
            }
            return !held.isEmpty
        } catch {
            violated("decide: \(error)")
            return false
        }
    }

    private func decide(_ workload: WorkloadRecord, in life: Life) async throws {
        let word = (workload.reason ?? "").prefix { $0 != ":" }
        let rows = Decision(orchestrator: life.orchestrator, alarm: life.alarm)
        let verdict = draw(0...2)
        let count = state.withLock { state in
            state.report.decisions["\(word)", default: 0] += 1
            return state.report.decisions.values.reduce(0, +)
        }
        trace("operator: decides \(verdict) about \(workload.id), held for \(workload.reason ?? "")")
        switch verdict {
        // One in three is given up.
        case _ where verdict < 2 && GuardWord(reason: workload.reason) != nil:
            _ = try await life.orchestrator.resume(.workload(workload.id))
            life.alarm.ring()
        case 0 where workload.rows[.held] > 0:
            _ = try await rows.decide(RowSelection(.held), of: workload, .giveUp, why: "enough")
        // What goes again may be held again: not for ever.
        case 1 where workload.rows[.held] > 0 && count < 10:
            state.withLock { _ = $0.sentAgain.insert(workload.id) }
            _ = try await rows.decide(RowSelection(.held), of: workload, .sendAgain, why: "once more")
        default:
            try await life.orchestrator.cancel(workload.id, now: true)
            life.alarm.ring()
        }
    }

    /// A daemon that runs. Somebody who finds none tries again, until the world has ended.
    private func running() async -> Life? {
        while !Task.isCancelled {
            if let life = state.withLock({ $0.life }), !life.isOver { return life }
            await pause(.seconds(2))
        }
        return nil
    }
}
