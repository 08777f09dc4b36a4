import BatchCore
import BatchStore
import ControlAPI
import Env
import Hummingbird
import Orchestration

/// `/v1/status`, and the two probes `/healthz` and `/readyz`.
struct StatusRoutes {
    let facts: Facts

    func add(to router: ControlRouter) {
        router.get(Routes.status) { [facts] _ in try .json(facts.status()) }
        router.get("/healthz") { _ in .text("ok") }
        router.get("/readyz") { [facts] _ in
            let phase = facts.daemon.phase
            return .text(phase.rawValue, status: phase == .running ? .ok : .serviceUnavailable)
        }
    }
}

extension Facts {
    /// Workloads that are over are shown for a while: so many of the last ones.
    private static let overShown = 5

    func status() throws -> Status {
        let open = try store.workloads(openOnly: true)
        let recent = try store.workloads(overOnly: true, limit: Self.overShown)
        let live = try store.lanes()
        let clocks = try store.clocks(limits: limits)
        let liveByWorkload = Dictionary(grouping: live, by: \.workload)
        let held = try open.filter { $0.state == .held || $0.rows[.held] > 0 }.map(notice)
        let jobs = JobCounts(
            active: live.count(where: \.hasRunningJob),
            limit: configuration.accounts.reduce(0) { $0 + $1.policy.maxConcurrentJobs })
        return Status(
            daemon: DaemonStatus(
                version: batchdVersion, pid: Int(daemon.pid), startedAt: daemon.startedAt.rfc3339,
                state: daemon.phase.rawValue, message: try message(open: open, live: live)),
            rows: ControlAPI.RowCounts(try store.totals()), jobs: jobs,
            nextLookAt: live.compactMap(\.nextLook).min()?.rfc3339,
            workloads: try (open + recent).map {
                try document($0, live: liveByWorkload[$0.id] ?? [])
            },
            nearestDeadline: deadlines(clocks, limit: 1).first,
            alarms: deadlines(clocks, alarmsOnly: true),
            reads: try reads(of: live), closed: closedWindows(open),
            paused: try store.pauses().sorted { $0.since < $1.since }.map(notice),
            held: held,
            disk: DiskStatus(
                freeBytes: Int(try disk.free()), minFreeBytes: Int(disk.minFree)),
            webhook: webhookStatus())
    }

    private func webhookStatus() -> WebhookStatus? {
        guard let listen = configuration.webhook?.listen else { return nil }
        return webhooks?.status(listen: listen.description)
    }

    /// What each account has spent of its GETs, and what that does to its pauses.
    func reads(of live: [LiveLane]) throws -> [ReadStatus] {
        let now = clock.now()
        return try configuration.accounts.map(\.policy).map { account in
            let budget = ReadBudget(
                perMonth: account.readsPerMonth, spent: try store.reads(of: account.name, in: now.month))
            let jobs = live.filter { $0.account == account.name }.count(where: \.isWatched)
            return ReadStatus(
                account: account.name, made: Int(budget.spent), limit: budget.perMonth.map { Int($0) },
                left: budget.left.map { Int($0) },
                pauseSeconds: budget.poll(account.poll, jobs: jobs, at: now).min.seconds)
        }
    }

    /// Queues that have rows to send and wait for their window.
    private func closedWindows(_ open: [WorkloadRecord]) -> [WindowNotice] {
        let waiting = Set(
            open.filter { $0.state != .held && $0.state != .paused && $0.rows[.queued] > 0 }.map(\.queue))
        return configuration.queues.filter { waiting.contains($0.name) }.compactMap { policy in
            guard let window = policy.window, let opening = opening(ofQueue: policy.name) else { return nil }
            return WindowNotice(queue: policy.name, window: window.description, opensAt: opening.rfc3339)
        }
    }

    private func notice(_ pause: Pause) throws -> PauseNotice {
        let uid = try store.beginning(of: pause).flatMap(\.uid)
        return PauseNotice(
            what: "\(pause.scope)", reason: pause.reason, since: pause.since.rfc3339,
            until: pause.until?.rfc3339, command: "batchctl resume \(pause.scope)",
            user: uid.map { Names.user($0) ?? "uid \($0)" })
    }

    private func notice(_ record: WorkloadRecord) throws -> HeldNotice {
        let rows = record.isGuarded ? 0 : record.rows[.held]
        let common = try store.commonestHoldReason(in: record.id)
        let reason = (rows > 0 ? common : nil) ?? record.reason ?? "held"
        return HeldNotice(
            workload: record.id.description, rows: Int(rows), reason: reason,
            message: rows > 0
                ? explanation(ofHeldRows: reason)
                : record.isGuarded
                    ? "Look at the rows that failed; then let it go on all the same, or give it up."
                    : "Mend the cause first.",
            command: heldCommand(record), commands: heldCommands(record))
    }

    private func explanation(ofHeldRows reason: String) -> String {
        switch RowReason(rawValue: reason) {
        case .unknownOutcome: "They may have run, and running them again may do harm."
        case .validation: "Stripe's validation refused them."
        case .resultsExpired: "Their results could not be fetched in time."
        case .rule: "A rule of the queue holds what is answered like this."
        case .operator: "A person held them."
        case .refused, .attemptsExhausted, nil: "They need a decision."
        }
    }

    /// True when batches have jobs in an account that nobody knows any more.
    private func isLost(_ lane: LiveLane) -> Bool {
        lane.phase.needsItsAccount && !configuration.accounts.contains { $0.policy.name == lane.account }
    }

    /// What the daemon is doing or waiting for, as a sentence.
    func message(open: [WorkloadRecord], live: [LiveLane]) throws -> String {
        switch daemon.phase {
        case .starting: return "Placing the jobs that were under way."
        case .stopping: return "Stopping: calls in flight are finished, nothing new is begun."
        case .running: break
        }
        if let complaint = try disk.complaint() { return complaint }
        if let lost = live.filter(isLost).min(by: { $0.oldest < $1.oldest }) {
            return
                "\(lost.oldest) waits for the account \(lost.account), which is not in the configuration "
                + "any more. Add it again under that name; no queue has to use it."
        }
        let failing = live.reduce(0) { $0 + $1.failing }
        if failing > 0, let worst = try store.worstFailure() {
            let more = failing > 1 ? ", and for \(failing - 1) more" : ""
            return "Calls fail for \(worst.batch)\(more), \(worst.count) in a row: \(worst.why)"
        }
        if live.isEmpty {
            for record in open where record.waiting == record.rows[.queued] {
                guard let ahead = try waiting(in: record)?.waitsFor else { continue }
                return
                    "Rows wait until row \(ahead.row) of \(ahead.workload), for the same object, has its outcome."
            }
            let scopes = Set(try store.pauses().map(\.scope))
            let unpaused = open.filter {
                $0.state != .paused && !scopes.contains(.all) && !scopes.contains(.queue($0.queue))
            }
            if !open.isEmpty, unpaused.isEmpty { return "All that is left to do is paused." }
            let closed = closedWindows(unpaused)
            if !closed.isEmpty,
                Set(closed.map(\.queue)) == Set(unpaused.filter { $0.state != .held }.map(\.queue))
            {
                return "Waiting for a window to open."
            }
            return unpaused.contains { $0.state != .held }
                ? "Waiting for rows to become due."
                : open.contains { $0.state == .held }
                    ? "A person is needed: see what is held." : "Nothing to do."
        }
        return ""
    }
}
