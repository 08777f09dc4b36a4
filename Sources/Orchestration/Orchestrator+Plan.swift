import BatchCore
import BatchStore
import Env
import Logging
import StripeBatch

/// One piece of work for an effect.
enum Assignment: Sendable {
    case stage(Batch)
    case create(Batch, CreateIntent)
    case upload(Batch)
    case poll(Batch)
    case cancel(Batch)
    case collect(Batch)
    case settle(Batch, JobEnding)
    case sweep(Batch)
    case finish(WorkloadRecord)
    case discard(WorkloadID)

    var subject: Orchestrator.Subject {
        switch self {
        case .stage(let batch), .create(let batch, _), .upload(let batch), .poll(let batch),
            .cancel(let batch),
            .collect(let batch), .settle(let batch, _), .sweep(let batch):
            .batch(batch.id)
        case .finish(let workload): .workload(workload.id)
        case .discard(let workload): .workload(workload)
        }
    }
}

/// What to begin now, and when to look again at the latest.
struct Plan: Sendable {
    var assignments: [Assignment] = []
    var next: Timestamp?

    mutating func wait(until moment: Timestamp) {
        next = min(next ?? moment, moment)
    }
}

extension Orchestrator {
    /// Commits the intents that are due, and hands out the work that follows from them.
    func plan() throws -> Plan {
        // A write may have failed for somebody who only got an answer: it ends us all the same.
        try store.requireSound()
        let now = clock.now()
        var plan = Plan()
        let diskIsShort = try disk.isShort()
        if diskIsShort { plan.wait(until: now + Self.pauseForSpace) }
        // Nothing is begun before every job that may be running was looked at.
        let isSettlingIn = !unplaced.isEmpty
        for workload in unfinishedLoads where isFree(.workload(workload), at: now, &plan) {
            busy.insert(.workload(workload))
            plan.assignments.append(.discard(workload))
        }
        if !isSettlingIn, isFree(.newWork, at: now, &plan) {
            try ifThereIsSpace(for: .newWork, &plan) { plan in
                if !diskIsShort { try claim(at: now, into: &plan) }
                try endWorkloads(at: now, into: &plan)
            }
        }
        var slots = Slots(live.values, settings)
        for batch in live.values.sorted(by: { $0.id < $1.id })
        where isFree(.batch(batch.id), at: now, &plan) {
            guard let policy = policy(of: batch) else { continue }
            try ifThereIsSpace(for: .batch(batch.id), &plan) { plan in
                let uploadTime = try uploadTime(of: batch)
                let step = batch.step(at: now, uploadTime: uploadTime, limits: settings.limits)
                if let work = try begin(
                    step, batch, policy, at: now, slots: &slots, isSettlingIn, diskIsShort, &plan)
                {
                    busy.insert(work.subject)
                    plan.assignments.append(work)
                }
            }
        }
        return plan
    }

    /// True when nothing is under way for this subject, and it need not wait for space.
    private func isFree(_ subject: Subject, at now: Timestamp, _ plan: inout Plan) -> Bool {
        if let until = resting[subject], now < until {
            plan.wait(until: until)
            return false
        }
        return !busy.contains(subject)
    }

    /// Runs `body`; when the disk is too full for it, the subject rests, and the plan goes on without it.
    private func ifThereIsSpace(
        for subject: Subject, _ plan: inout Plan, _ body: (inout Plan) throws -> Void
    ) throws {
        do {
            try body(&plan)
            if case .newWork = subject { rested(subject) }
        } catch  where error.isOutOfSpace {
            rest(subject, error)
            plan.wait(until: clock.now() + Self.pauseForSpace)
        }
    }

    /// Commits the intent of a step, where it has one, and makes it an assignment.
    private func begin(
        _ step: Step, _ batch: Batch, _ policy: QueuePolicy, at now: Timestamp, slots: inout Slots,
        _ isSettlingIn: Bool, _ diskIsShort: Bool, _ plan: inout Plan
    ) throws -> Assignment? {
        switch step {
        case .upload, .resumeUpload, .cancel, .poll:
            // After a start: look first, at all of them, and send nothing meanwhile.
            if isSettlingIn { return unplaced.contains(batch.id) ? .poll(batch) : nil }
        default: break
        }
        switch step {
        case .wait(let moment):
            plan.wait(until: moment)
            return nil
        case .stage:
            return diskIsShort ? nil : .stage(batch)
        case .create:
            guard !isSettlingIn, slots.take(for: policy) else { return nil }
            let intent = newIntent(for: batch, policy, at: now)
            return .create(try record(.willCreate(intent), for: batch.id), intent)
        case .createAgain(let intent):
            if isSettlingIn { return nil }
            guard batch.needsNewKey(at: now, limits: settings.limits) else { return .create(batch, intent) }
            let fresh = newIntent(for: batch, policy, at: now)
            return .create(try record(.willCreate(fresh), for: batch.id), fresh)
        case .upload:
            return .upload(try record(.willUpload, for: batch.id))
        case .resumeUpload: return .upload(batch)
        case .poll: return .poll(batch)
        case .cancel: return .cancel(batch)
        case .collect: return .collect(batch)
        case .settle(_, let ending): return .settle(batch, ending)
        case .sweep: return .sweep(batch)
        case .release(let reason):
            try giveUp(batch.id, reason)
            plan.wait(until: now)
            return nil
        }
    }

    /// Claims rows for new batches, queue by queue, while slots are free or about to be.
    ///
    /// Rows that wait for others with the same object need no timer: whatever ends the others rings.
    private func claim(at now: Timestamp, into plan: inout Plan) throws {
        let open = try store.workloads(openOnly: true).filter {
            ($0.state == .queued || $0.state == .running) && !$0.cancelWanted && $0.rows[.queued] > $0.waiting
        }.sorted { $0.id < $1.id }
        let queues = settings.queues.values.sorted { ($1.priority, $0.name) < ($0.priority, $1.name) }
        for policy in queues {
            let candidates = open.filter { $0.queue == policy.name }
            if candidates.isEmpty { continue }
            let size = BatchSize(
                policy: policy, seen: try store.ratesSeen(in: policy.name), limits: settings.limits)
            for workload in candidates {
                while Slots(live.values, settings).mayPrepare(for: policy) {
                    guard let batch = try store.claim(from: workload.id, policy: policy, size: size, at: now)
                    else {
                        break
                    }
                    arrive(batch, from: batch)
                    log.info("staging", metadata: ["batch": "\(batch.id)", "workload": "\(batch.workload)"])
                    faults.hit(.stagingCommitted)
                }
                if let due = try store.nextDue(in: workload.id), due > now { plan.wait(until: due) }
            }
        }
    }

    /// Hands out workloads whose last row has its fate.
    private func endWorkloads(at now: Timestamp, into plan: inout Plan) throws {
        for workload in try store.exhaustedWorkloads()
        where isFree(.workload(workload.id), at: now, &plan) && settings.queues[workload.queue] != nil {
            if workload.rows[.held] > 0, !workload.cancelWanted {
                try hold(workload.id, try store.commonestHoldReason(in: workload.id) ?? "held rows")
            } else {
                busy.insert(.workload(workload.id))
                plan.assignments.append(.finish(workload))
            }
        }
    }

    private func newIntent(for batch: Batch, _ policy: QueuePolicy, at now: Timestamp) -> CreateIntent {
        let body = CreateRequest.body(
            endpointPath: policy.endpoint.path, method: policy.endpoint.method.rawValue,
            skipValidation: policy.skipValidation, notificationSuppression: policy.notificationSuppression,
            maximumRPS: policy.maximumRPS, metadata: ["batchd_batch": "\(batch.id)"],
            apiVersion: policy.account.apiVersion)
        return CreateIntent(key: entropy.idempotencyKey(), body: body, askedAt: now)
    }

    /// How long the upload of a batch should take, at the throughput seen.
    func uploadTime(of batch: Batch) throws -> Duration {
        let file: InputFile
        switch batch.phase {
        case .staged(let staged): file = staged
        case .awaitingUpload(let sent, _, _): file = sent
        default: return .zero
        }
        let rate = try store.ratesSeen(in: batch.queue).uploadRate ?? settings.limits.assumedUploadRate
        return .seconds(Double(file.bytes) / max(1, rate))
    }
}

/// The places at Stripe that are taken: each account and each queue has a number of them.
struct Slots {
    private var byQueue: [String: Int] = [:]
    private var byAccount: [String: Int] = [:]
    private var prepared: [String: Int] = [:]

    init(_ live: some Collection<Batch>, _ settings: Settings) {
        for batch in live {
            if batch.phase.holdsSlot {
                byQueue[batch.queue, default: 0] += 1
                if let account = settings.queues[batch.queue]?.account.name {
                    byAccount[account, default: 0] += 1
                }
            } else if batch.phase == .staging || batch.phase.name == "staged" {
                prepared[batch.queue, default: 0] += 1
            }
        }
    }

    private func free(for policy: QueuePolicy) -> Int {
        min(
            policy.maxConcurrentJobs - byQueue[policy.name, default: 0],
            policy.account.maxConcurrentJobs - byAccount[policy.account.name, default: 0])
    }

    /// Takes a place, if one is free.
    mutating func take(for policy: QueuePolicy) -> Bool {
        guard free(for: policy) > 0 else { return false }
        byQueue[policy.name, default: 0] += 1
        byAccount[policy.account.name, default: 0] += 1
        return true
    }

    /// True while another batch should be prepared: one for each free place, and one ahead for the place that
    /// comes free next. So the spool holds about as many files as there are active jobs.
    func mayPrepare(for policy: QueuePolicy) -> Bool {
        prepared[policy.name, default: 0] < max(free(for: policy), 1)
    }
}
