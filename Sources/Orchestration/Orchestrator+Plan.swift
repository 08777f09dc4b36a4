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
    case clear(WorkloadID)

    var subject: Orchestrator.Subject {
        switch self {
        case .stage(let batch), .create(let batch, _), .upload(let batch), .poll(let batch),
            .cancel(let batch),
            .collect(let batch), .settle(let batch, _), .sweep(let batch):
            .batch(batch.id)
        case .finish(let workload): .workload(workload.id)
        case .discard(let workload), .clear(let workload): .workload(workload)
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

/// One look at everything: what there is to give, and what was given.
struct Turn {
    let now: Timestamp
    /// Nothing is written that is not needed to end what was begun.
    let diskIsShort: Bool
    var slots: Slots
    /// How long the files that are on their way need, one after the other: the uplink is one.
    var sending = Duration.zero
    var places: Places
    var plan = Plan()

    /// Takes a part of the uplink, if enough is free: together the files on their way need half a window at most.
    mutating func takeUplink(_ time: Duration, _ limits: Limits) -> Bool {
        guard sending == .zero || sending + time <= limits.uploadWindow / 2 else { return false }
        sending += time
        return true
    }
}

extension Orchestrator {
    /// Commits the intents that are due, and hands out the work that follows from them.
    func plan() throws -> Plan {
        // A write may have failed for somebody who only got an answer: it ends us all the same.
        try store.requireSound()
        let now = clock.now()
        var turn = Turn(
            now: now, diskIsShort: try disk.isShort(), slots: Slots(live.values),
            places: Places(
                busy: live.values.lazy.filter { [busy] in busy.contains(.batch($0.id)) },
                limits: settings.limits))
        if turn.diskIsShort { turn.plan.wait(until: now + DiskRoom.pause) }
        for workload in unfinishedLoads where isFree(.workload(workload), in: &turn) {
            busy.insert(.workload(workload))
            turn.plan.assignments.append(.discard(workload))
        }
        for workload in clearing.keys where isFree(.workload(workload), in: &turn) {
            busy.insert(.workload(workload))
            turn.plan.assignments.append(.clear(workload))
        }
        // Nothing is begun before every job that may be running was looked at.
        if unplaced.isEmpty, isFree(.newWork, in: &turn) {
            try ifThereIsSpace(for: .newWork, in: &turn) { turn in
                try endPauses(in: &turn)
                if !turn.diskIsShort { try claim(in: &turn) }
                try endWorkloads(in: &turn)
            }
        }
        for batch in live.values {
            guard let file = batch.phase.fileUnderWay else { continue }
            turn.sending += try circumstances(of: batch, at: now).uploadTime(of: file)
        }
        for id in mostUrgentFirst() {
            guard let batch = live[id] else { continue }
            watchClock(of: batch, in: &turn)
            guard isFree(.batch(batch.id), in: &turn), let policy = policy(of: batch) else { continue }
            try ifThereIsSpace(for: .batch(batch.id), in: &turn) { turn in
                let circumstances = try circumstances(of: batch, at: now)
                let step = batch.step(in: circumstances)
                if let work = try begin(step, batch, policy, circumstances, in: &turn) {
                    busy.insert(work.subject)
                    turn.plan.assignments.append(work)
                }
            }
        }
        return turn.plan
    }

    /// True when nothing is under way for this subject, and it need not wait for space.
    private func isFree(_ subject: Subject, in turn: inout Turn) -> Bool {
        if let until = disk.rest(of: subject), turn.now < until {
            turn.plan.wait(until: until)
            return false
        }
        return !busy.contains(subject)
    }

    /// Runs `body`; when the disk is too full for it, the subject rests, and the plan goes on without it.
    private func ifThereIsSpace(
        for subject: Subject, in turn: inout Turn, _ body: (inout Turn) throws -> Void
    ) throws {
        do {
            try body(&turn)
            if case .newWork = subject { rested(subject) }
        } catch  where error.isOutOfSpace {
            rest(subject, error)
            turn.plan.wait(until: clock.now() + DiskRoom.pause)
        }
    }

    /// The batches by what is left of their clocks; where none runs, by age.
    private func mostUrgentFirst() -> [BatchID] {
        let never = Timestamp(milliseconds: .max)
        return live.values.map { (end: $0.deadline(settings.limits)?.at ?? never, batch: $0.id) }
            .sorted { ($0.end, $0.batch) < ($1.end, $1.batch) }.map(\.batch)
    }

    /// Commits the intent of a step, where it has one, and makes it an assignment.
    private func begin(
        _ step: Step, _ batch: Batch, _ policy: QueuePolicy, _ circumstances: Circumstances,
        in turn: inout Turn
    ) throws -> Assignment? {
        switch step {
        case .wait(let moment):
            turn.plan.wait(until: moment)
            return nil
        case .rest: return nil
        case .stage:
            return !turn.diskIsShort && turn.places.take(for: batch) ? .stage(batch) : nil
        case .create:
            guard case .staged(let file) = batch.phase, !isPaused(batch.queue), !isClosed(policy, in: &turn),
                turn.slots.hasRoom(for: policy)
            else { return nil }
            if case .hold = try mayHaveAnotherJob(batch.workload, in: policy) {
                turn.plan.wait(until: turn.now)
                return nil
            }
            guard turn.takeUplink(circumstances.uploadTime(of: file), settings.limits)
            else { return nil }
            turn.slots.take(for: policy)
            let intent = newIntent(for: batch, policy, at: turn.now)
            return .create(try record(.willCreate(intent), for: batch.id), intent)
        case .createAgain(let intent):
            guard batch.needsNewKey(at: turn.now, limits: settings.limits) else {
                return .create(batch, intent)
            }
            let fresh = newIntent(for: batch, policy, at: turn.now)
            return .create(try record(.willCreate(fresh), for: batch.id), fresh)
        case .upload:
            return .upload(try record(.willUpload, for: batch.id))
        case .resumeUpload: return .upload(batch)
        case .poll: return turn.places.take(for: batch) ? .poll(batch) : nil
        case .cancel:
            if !batch.cancelWanted {
                log.warning(
                    "canceled before its 24 hours are over: it would not end by itself",
                    metadata: ["batch": "\(batch.id)", "workload": "\(batch.workload)"])
            }
            return .cancel(batch)
        case .collect: return turn.places.take(for: batch) ? .collect(batch) : nil
        case .settle(_, let ending): return turn.places.take(for: batch) ? .settle(batch, ending) : nil
        case .sweep: return .sweep(batch)
        case .release(let reason):
            try giveUp(batch.id, reason)
            turn.plan.wait(until: turn.now)
            return nil
        }
    }

    /// Claims rows for new batches, queue by queue, while slots are free or about to be.
    ///
    /// Rows that wait for others with the same object need no timer: whatever ends the others rings.
    private func claim(in turn: inout Turn) throws {
        let free = settings.queues.values.filter { !isPaused($0.name) && turn.slots.mayPrepare(for: $0) }
            .sorted { ($1.priority, $0.name) < ($0.priority, $1.name) }
        if free.isEmpty { return }
        let open = try store.workloads(openOnly: true).filter {
            ($0.state == .queued || $0.state == .running) && !$0.cancelWanted && $0.rows[.queued] > $0.waiting
        }
        for policy in free where open.contains(where: { $0.queue == policy.name }) {
            if isClosed(policy, in: &turn) { continue }
            var canaries: [WorkloadID: Int64] = [:]
            var candidates = try open.filter { workload in
                guard workload.queue == policy.name else { return false }
                if let start = workload.startAfter, start > turn.now {
                    turn.plan.wait(until: start)
                    return false
                }
                switch try mayHaveAnotherJob(workload.id, in: policy) {
                case .open: return true
                case .wait, .hold: return false
                case .canary(let rows):
                    canaries[workload.id] = rows
                    return true
                }
            }
            while turn.slots.mayPrepare(for: policy), let next = mostWorthy(of: candidates) {
                let canary = canaries[next.id]
                let isClaimed = try claim(from: next.id, policy, canary: canary, in: &turn)
                if isClaimed, canary == nil { continue }
                candidates.removeAll { $0.id == next.id }
                if isClaimed { continue }
                if let due = try store.nextDue(in: next.id), due > turn.now { turn.plan.wait(until: due) }
            }
        }
    }

    /// The workload that gets the next batch: by priority, then whoever has the fewest under way, then the oldest.
    private func mostWorthy(of candidates: [WorkloadRecord]) -> WorkloadRecord? {
        guard candidates.count > 1 else { return candidates.first }
        var underWay: [WorkloadID: Int] = [:]
        for batch in live.values where batch.phase.isPrepared || batch.phase.holdsSlot {
            underWay[batch.workload, default: 0] += 1
        }
        return candidates.min { a, b in
            (-a.priority, underWay[a.id, default: 0], a.id) < (-b.priority, underWay[b.id, default: 0], b.id)
        }
    }

    /// Claims one batch; false when the workload has no row that is due.
    ///
    /// The last place of a queue goes to a short job when no other place comes free soon: so that what is
    /// submitted next does not wait for a day.
    private func claim(
        from workload: WorkloadID, _ policy: QueuePolicy, canary: Int64?, in turn: inout Turn
    ) throws -> Bool {
        let seen = try seen(in: policy.name, at: turn.now)
        var size = BatchSize(policy: policy, seen: seen, limits: settings.limits)
        let isOpenSoon = live.values.contains {
            $0.queue == policy.name && ($0.phase.isPrepared || $0.phase.holdsSlot)
                && $0.endsSoon(seen: seen, limits: settings.limits)
        }
        if !isOpenSoon, turn.slots.isDownToTheLast(for: policy) {
            size = size.short(seen: seen, limits: settings.limits)
        }
        if let canary { size = size.canary(rows: canary) }
        guard let batch = try store.claim(from: workload, policy: policy, size: size, at: turn.now) else {
            return false
        }
        turn.slots.prepare(for: policy)
        arrive(batch, from: batch)
        log.info("staging", metadata: ["batch": "\(batch.id)", "workload": "\(batch.workload)"])
        faults.hit(.stagingCommitted)
        return true
    }

    /// Hands out workloads whose last row has its fate.
    private func endWorkloads(in turn: inout Turn) throws {
        for workload in try store.exhaustedWorkloads()
        where isFree(.workload(workload.id), in: &turn) && settings.queues[workload.queue] != nil {
            if workload.rows[.held] > 0, !workload.cancelWanted {
                try hold(workload.id, try store.commonestHoldReason(in: workload.id) ?? "held rows")
            } else {
                busy.insert(.workload(workload.id))
                turn.plan.assignments.append(.finish(workload))
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
}

/// The places at Stripe that are taken: each account and each queue has a number of them.
struct Slots {
    private var byQueue: [String: Int] = [:]
    private var byAccount: [String: Int] = [:]
    private var prepared: [String: Int] = [:]

    init(_ live: some Collection<Batch>) {
        for batch in live {
            if batch.phase.holdsSlot {
                byQueue[batch.queue, default: 0] += 1
                byAccount[batch.account, default: 0] += 1
            } else if batch.phase.isPrepared {
                prepared[batch.queue, default: 0] += 1
            }
        }
    }

    private func free(for policy: QueuePolicy) -> Int {
        min(
            policy.maxConcurrentJobs - byQueue[policy.name, default: 0],
            policy.account.maxConcurrentJobs - byAccount[policy.account.name, default: 0])
    }

    /// True while a place is free.
    func hasRoom(for policy: QueuePolicy) -> Bool { free(for: policy) > 0 }

    /// True when one place is left, or none, beside those that are spoken for.
    func isDownToTheLast(for policy: QueuePolicy) -> Bool {
        free(for: policy) - prepared[policy.name, default: 0] <= 1
    }

    /// Takes a place.
    mutating func take(for policy: QueuePolicy) {
        byQueue[policy.name, default: 0] += 1
        byAccount[policy.account.name, default: 0] += 1
    }

    /// Counts a batch that is being prepared.
    mutating func prepare(for policy: QueuePolicy) { prepared[policy.name, default: 0] += 1 }

    /// True while another batch should be prepared: one for each free place, and one ahead for the place that
    /// comes free next. So the spool holds about as many files as there are active jobs.
    func mayPrepare(for policy: QueuePolicy) -> Bool {
        prepared[policy.name, default: 0] < max(free(for: policy), 1)
    }
}
