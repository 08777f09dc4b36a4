import BatchCore
import BatchStore
import Env
import ServiceLifecycle
package import Spool
import StripeBatch

/// The one loop: a ring, a plan, a child task for each step, and a ring when it has reported back.
///
/// Leaving the loop is shutdown: nothing new is begun, and what is under way may end. A shutdown is a
/// polite crash: the next start recovers as from any other.
package struct Conductor: Service {
    let orchestrator: Orchestrator
    let spool: Spool
    let archive: Archive
    let alarm: Alarm
    let disk: any TaskExecutor
    let pulse: Pulse

    /// A loop over these parts. `disk` runs what blocks on files; `pulse` asks whether it goes round.
    package init(
        orchestrator: Orchestrator, spool: Spool, archive: Archive, alarm: Alarm, disk: any TaskExecutor,
        pulse: Pulse = Pulse()
    ) {
        self.orchestrator = orchestrator
        self.spool = spool
        self.archive = archive
        self.alarm = alarm
        self.disk = disk
        self.pulse = pulse
    }

    /// Runs until graceful shutdown, or until something fails that only a restart can mend.
    package func run() async throws {
        try await withGracefulShutdownHandler {
            try await withThrowingDiscardingTaskGroup { timers in
                try await withThrowingDiscardingTaskGroup { effects in
                    effects.addTask(executorPreference: disk) { try await orEnd { try await tidyUp() } }
                    var armed: Timestamp?
                    var last = orchestrator.clock.now()
                    for await _ in alarm.rings where !effects.isCancelled {
                        let plan = try await orchestrator.plan()
                        for assignment in plan.assignments {
                            effects.addTask(executorPreference: disk) {
                                try await orEnd { try await perform(assignment) }
                            }
                        }
                        pulse.beat()
                        let now = orchestrator.clock.now()
                        // A timer that has rung, or a clock that was set back: then none may be armed any more.
                        if let past = armed, past <= now || now < last { armed = nil }
                        last = now
                        guard let next = plan.next, armed.map({ next < $0 }) ?? true else { continue }
                        armed = next
                        timers.addTask {
                            // Canceled at shutdown: then nobody waits for the ring.
                            guard (try? await orchestrator.clock.sleep(next)) != nil else { return }
                            alarm.ring()
                        }
                    }
                }
                timers.cancelAll()
            }
        } onGracefulShutdown: {
            alarm.silence()
        }
    }

    /// Runs an effect; when it throws, the loop ends. Its group would cancel the other effects, and go on
    /// handing out work that is canceled before it begins.
    private func orEnd(_ effect: () async throws -> Void) async throws {
        do {
            try await effect()
        } catch {
            alarm.silence()
            throw error
        }
    }

    /// Performs an assignment; without space on the disk for it, lets its subject rest.
    private func perform(_ assignment: Assignment) async throws {
        do {
            try await begin(assignment)
            await orchestrator.rested(assignment.subject)
        } catch is CancellationError where Task.isShuttingDownGracefully {
            // Long work that a stop ended: it stands where a crash would have left it.
        } catch  where error.isOutOfSpace {
            await orchestrator.rest(assignment.subject, error)
        }
        await orchestrator.ended(assignment.subject)
        alarm.ring()
    }

    private func begin(_ assignment: Assignment) async throws {
        let parts = Parts(orchestrator: orchestrator, spool: spool, archive: archive)
        switch assignment {
        case .stage(let batch): try await Stager(parts: parts).stage(batch)
        case .create(let batch, let intent): try await Submitter(parts: parts).create(batch, intent)
        case .upload(let batch): try await Submitter(parts: parts).resume(batch)
        case .poll(let batch): try await Monitor(parts: parts).look(at: batch)
        case .cancel(let batch): try await Monitor(parts: parts).cancel(batch)
        case .collect(let batch): try await Collector(parts: parts).collect(batch)
        case .settle(let batch, let ending): try await Settler(parts: parts).settle(batch, ending)
        case .sweep(let batch): try await sweep(batch)
        case .finish(let workload): try await Finisher(parts: parts).finish(workload)
        case .clear(let workload):
            while try await !orchestrator.cancelSome(of: workload) { try Task.checkCancellation() }
        case .discard(let workload):
            while try await !orchestrator.discardSome(of: workload) { try Task.checkCancellation() }
        }
    }

    private func sweep(_ batch: Batch) async throws {
        try spool.remove(batch.id)
        try await orchestrator.swept(batch.id)
    }

    /// Removes files that an earlier run left behind, of batches that are over.
    private func tidyUp() async throws {
        let live = Set(await orchestrator.liveBatches().map(\.id))
        for batch in try spool.batches() where !live.contains(batch) {
            if try orchestrator.store.batch(batch)?.isSwept ?? true { try spool.remove(batch) }
        }
    }
}

/// Called now and then by long work on this machine: lets others on its thread go on, and ends it at a stop, because
/// the next start goes on where it stood.
func makeWay() async throws {
    await Task.yield()
    if Task.isShuttingDownGracefully { throw CancellationError() }
    try Task.checkCancellation()
}

/// What every effect is made of.
struct Parts: Sendable {
    let orchestrator: Orchestrator
    let spool: Spool
    let archive: Archive

    var store: Store { orchestrator.store }
    var settings: Settings { orchestrator.settings }
    var clock: Clock { orchestrator.clock }
    var faults: Faults { orchestrator.faults }

    /// The policy of the batch's queue, and the client of the batch's own account.
    func lane(of batch: Batch) throws -> (policy: QueuePolicy, client: StripeClient) {
        guard let policy = orchestrator.policy(of: batch), let client = settings.clients[batch.account]
        else {
            throw MissingLane(queue: batch.queue, account: batch.account)
        }
        return (policy, client)
    }

    /// Looks at a job. It counts as one of the account's reads.
    func retrieve(_ job: JobID, of batch: Batch) async throws -> Result<JobAnswer, CallFailure> {
        let (_, client) = try lane(of: batch)
        try await orchestrator.willRead(batch)
        let answer = await client.retrieveBatchJob(job)
        faults.hit(.retrieveAnswered)
        return answer
    }

    /// The archive folder of a batch's workload.
    func folder(of batch: Batch) throws -> WorkloadFolder {
        try archive.folder(account: batch.account, queue: batch.queue, workload: batch.workload)
    }
}

/// A queue or an account that is not configured any more. The plan never hands out work for one.
struct MissingLane: Error {
    let queue: String
    let account: String
}
