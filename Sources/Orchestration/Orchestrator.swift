package import BatchCore
package import BatchStore
package import Env
package import Logging
import Synchronization

/// Decides what is done next, and writes down what happened.
///
/// No method awaits anything: each runs from start to end alone, so there is nothing to lock and nothing
/// to interleave. Effects run outside and report back. Everything here that is not a cache of the store
/// may be lost at any moment.
package actor Orchestrator {
    /// The records.
    nonisolated package let store: Store
    /// What the operator decided. No method of ours sees it change: only `adopt` changes it.
    nonisolated package var settings: Settings { decided.withLock { $0 } }
    nonisolated private let decided: Mutex<Settings>
    nonisolated let clock: Clock
    nonisolated let log: Logger
    nonisolated let meters: Meters
    nonisolated let faults: Faults
    /// The room on the disks.
    nonisolated package let disk: DiskRoom
    var entropy: Entropy
    /// Batches with something left to do, as the store has them.
    var live: [BatchID: Batch] = [:]
    /// Batches and workloads with an effect under way.
    var busy: Set<Subject> = []
    /// After a start: jobs at Stripe of which nobody has looked yet what became of them.
    var unplaced: Set<BatchID> = []
    /// What was seen of each queue's jobs, as far as it was asked for.
    var rates: [String: BatchSize.Seen] = [:]
    /// GETs of each account in the month named, as far as it was asked for.
    var reads: [String: (month: String, spent: Int64)] = [:]
    /// How many jobs of each account are looked at, as far as it was asked for.
    var watched: [String: Int] = [:]
    /// Deadlines of which the log has said how near they are.
    var alarmed: [BatchID: Deadline.Urgency] = [:]
    /// What a person has stopped, as the store has it; a workload may have ended since.
    var pauses: [PauseScope: Pause] = [:]
    /// Canceled workloads that may have rows or turns left, and how far each was looked through.
    var clearing: [WorkloadID: Int64] = [:]
    /// When an event came last about a job of each account, since the start.
    var heard: [String: Timestamp] = [:]
    /// Batches with an event that came while something was under way for them.
    var toLookAt: Set<BatchID> = []
    /// Workloads that were never accepted, and are to be removed.
    var unfinishedLoads: [WorkloadID] = []
    private let thread: any SerialExecutor

    /// After a start, a job that so many looks in a row could not reach stops nobody else.
    private static let looksBeforeGoingOn = 5

    /// What an effect works on, or what a plan begins.
    enum Subject: Hashable, Sendable, CustomStringConvertible {
        case batch(BatchID)
        case workload(WorkloadID)
        case newWork

        /// For people.
        var description: String {
            switch self {
            case .batch(let id): "\(id)"
            case .workload(let id): "\(id)"
            case .newWork: "new work"
            }
        }
    }

    /// An orchestrator over `store`; call `recover()` before anything else.
    package init(
        store: Store, settings: Settings, clock: Clock, entropy: Entropy, faults: Faults, log: Logger,
        meters: Meters = Meters(), thread: any SerialExecutor
    ) {
        self.store = store
        self.decided = Mutex(settings)
        self.clock = clock
        self.entropy = entropy
        self.faults = faults
        self.disk = DiskRoom(folder: store.folder, minFree: settings.minFree)
        self.log = log
        self.meters = meters
        self.thread = thread
    }

    /// SQLite blocks, so the actor lives on a thread of its own.
    nonisolated package var unownedExecutor: UnownedSerialExecutor { thread.asUnownedSerialExecutor() }

    /// The present moment, by the clock that all work goes by.
    nonisolated package var now: Timestamp { clock.now() }

    /// Reads back where everything stands. Sends nothing.
    ///
    /// Call it before anything can be submitted: what is loading now was cut off, and will be discarded.
    /// - Parameter resumingHeld: whether held workloads are tried again, which a start does.
    package func recover(resumingHeld: Bool = true) throws {
        unfinishedLoads = try store.unfinishedLoads()
        try recoverPauses()
        for workload in try store.cancelingWorkloads() { clearing[workload] = 0 }
        if resumingHeld { try store.resumeHeldWorkloads(except: try spentWorkloads(), at: clock.now()) }
        for var batch in try store.liveBatches() {
            if batch.phase.isWatched, policy(of: batch) != nil {
                // Nothing is sent before each of these was looked at, so they are looked at now.
                unplaced.insert(batch.id)
                batch.notBefore = clock.now()
                if case .processing(let job, _) = batch.phase {
                    batch.phase = .processing(job: job, pollAt: clock.now())
                }
            }
            live[batch.id] = batch
        }
        nameTheForsaken()
        if !live.isEmpty {
            log.notice("recovered", metadata: ["batches": "\(live.count)", "jobs": "\(unplaced.count)"])
        }
    }

    /// Goes on by other settings: what a start with them would do, but that nothing is looked at anew.
    package func adopt(_ settings: Settings) {
        decided.withLock { $0 = settings }
        disk.require(settings.minFree)
        // All of these were worked out by the old ones.
        rates.removeAll()
        reads.removeAll()
        watched.removeAll()
        nameTheForsaken()
    }

    private func nameTheForsaken() {
        for lane in Set(live.values.filter { policy(of: $0) == nil }.map { [$0.queue, $0.account] }) {
            log.error(
                "batches wait for a queue or an account that is not configured any more",
                metadata: ["queue": "\(lane[0])", "account": "\(lane[1])"])
        }
    }

    /// Batches with something left to do, for reports.
    package func liveBatches() -> [Batch] { Array(live.values) }

    /// Says that the effect on this subject has ended, however.
    func ended(_ subject: Subject) {
        busy.remove(subject)
        if case .batch(let id) = subject, toLookAt.remove(id) != nil { lookSoon(at: id) }
    }

    /// Lets a subject rest whose work found no space on the disk.
    ///
    /// Nothing of that step was recorded, so the records stand where a crash would have left them, and
    /// what follows is what a restart would do.
    func rest(_ subject: Subject, _ error: any Error) {
        guard disk.ranOut(subject, error, at: clock.now()) else { return }
        log.error("no space: waiting for some", metadata: ["for": "\(subject)", "error": "\(error)"])
    }

    /// Notes that there was space after all.
    func rested(_ subject: Subject) {
        guard disk.sufficed(subject) else { return }
        log.notice("there is space again", metadata: ["for": "\(subject)"])
    }

    /// What its queue does, under the account to which the batch belongs; nil when the batch has to wait until
    /// they are configured again.
    nonisolated func policy(of batch: Batch) -> QueuePolicy? {
        guard var policy = settings.queues[batch.queue] else { return nil }
        if let account = settings.accounts[batch.account] {
            policy.account = account
        } else if batch.phase.needsItsAccount {
            return nil
        }
        return policy
    }

    /// Writes down what happened to a batch.
    ///
    /// - Returns: the batch after it.
    @discardableResult
    func record(_ event: BatchEvent, for id: BatchID) throws -> Batch {
        guard var batch = live[id] else { throw StoreError.staleTransition(id, expected: "live") }
        let now = clock.now()
        let before = batch
        try batch.handle(
            event, at: now, poll: try poll(of: batch, at: now), limits: settings.limits, using: &entropy)
        var failure: CallFailure?
        if case .failed(let why) = event { failure = why }
        if case .released = batch.phase {
            try store.release(batch, was: before.phase, failure: failure, at: now)
        } else {
            try store.record(batch, was: before.phase, failure: failure, at: now)
        }
        arrive(batch, from: before, failure: failure)
        return batch
    }

    /// Gives a batch up before anything of it ran.
    func giveUp(_ id: BatchID, _ reason: ReleaseReason, failure: CallFailure? = nil) throws {
        guard var batch = live[id] else { return }
        let before = batch
        let now = clock.now()
        batch.phase = try batch.phase.after(
            .release(reason), at: now, lastAlive: batch.aliveAt, poll: .zero, limits: settings.limits)
        batch.notBefore = now
        try store.release(batch, was: before.phase, failure: failure, at: now)
        arrive(batch, from: before, failure: failure)
    }

    /// Takes a batch as the store now has it, and says what changed: one line for each transition.
    func arrive(_ batch: Batch, from before: Batch, failure: CallFailure? = nil) {
        live[batch.id] = batch
        // Of a canceled workload, rows came back that may have turns.
        if case .released = batch.phase { clearing[batch.workload] = 0 }
        if batch.phase.name != before.phase.name || batch.seen != before.seen { rates.removeAll() }
        if batch.phase.isWatched != before.phase.isWatched { watched.removeAll() }
        if failure?.isAnswer ?? true || batch.failures >= Self.looksBeforeGoingOn {
            unplaced.remove(batch.id)
        }
        var metadata: Logger.Metadata = [
            "batch": "\(batch.id)", "workload": "\(batch.workload)", "queue": "\(batch.queue)",
        ]
        if let job = batch.phase.job ?? before.phase.job { metadata["job"] = "\(job)" }
        if let failure {
            metadata["failures"] = "\(batch.failures)"
            metadata["phase"] = "\(batch.phase.name)"
            log.warning("call failed: \(failure.summary)", metadata: metadata)
            meters.failed(failure, of: batch.account)
        }
        if batch.phase.name != before.phase.name {
            meter(batch)
            log.info("\(batch.phase.name)", metadata: metadata)
            if let point = FaultPoint(after: batch.phase) { faults.hit(point) }
        }
    }

    /// Holds a workload: a person is needed.
    func hold(_ workload: WorkloadID, _ reason: String) throws {
        try store.hold(workload, reason: reason, at: clock.now())
        log.error("held: \(reason)", metadata: ["workload": "\(workload)"])
    }
}

extension CallFailure {
    /// True when Stripe said something, if only no.
    fileprivate var isAnswer: Bool {
        if case .refused = self { true } else { false }
    }
}

extension FaultPoint {
    /// The commit that brought a batch into this phase.
    fileprivate init?(after phase: BatchPhase) {
        switch phase {
        case .staging: self = .stagingCommitted
        case .staged: self = .stagedCommitted
        case .creating: self = .creatingCommitted
        case .awaitingUpload: self = .awaitingUploadCommitted
        case .uploading: self = .uploadingCommitted
        case .processing: self = .processingCommitted
        case .collecting: self = .collectingCommitted
        case .archived: self = .archivedCommitted
        case .settled: self = .settledCommitted
        case .released: self = .releasedCommitted
        }
    }
}
