package import BatchCore
import Env
import Glibc
import Synchronization

/// Runs a whole world on one thread: every job, of every task, in an order that the seed draws.
///
/// Time stands still while anything can run, and jumps to the next timer when nothing can. Whoever runs the
/// same world with the same seed gets the same history, to the byte; `digest` tells two histories apart.
package final class Scheduler: Sendable {
    private struct State {
        var ready: [(job: UnownedJob, place: Place)] = []
        /// In the order of their moments, latest first.
        var timers: [Timer] = []
        var nextTimer: UInt64 = 0
        var now: Timestamp
        var dice: Entropy
        var digest: UInt64 = 0xCBF2_9CE4_8422_2325
        var jobs: UInt64 = 0
        var thread: pthread_t?
    }

    private struct Timer {
        var id: UInt64
        var at: Timestamp
        var fire: @Sendable () -> Void
    }

    /// Where a job wants to run: as a part of an actor, or of none.
    fileprivate enum Place {
        case strand(Strand)
        case pool(Pool)
    }

    /// What a step of the world came to.
    package enum Step {
        /// A job ran, or time passed.
        case went
        /// Nothing is ready and nobody sleeps: nothing will ever happen again.
        case stuck
    }

    private let state: Mutex<State>
    /// Where the clock stood first.
    package let start: Timestamp

    /// A world's scheduler.
    package init(seed: UInt64, start: Timestamp) {
        self.start = start
        state = Mutex(State(now: start, dice: .seeded(seed)))
    }

    /// The present moment.
    package var now: Timestamp { state.withLock { $0.now } }
    /// Jobs that ran.
    package var jobs: UInt64 { state.withLock { $0.jobs } }
    /// Stands for everything that happened so far, in its order.
    package var digest: UInt64 { state.withLock { $0.digest } }

    /// Takes a line of the history into the digest.
    package func note(_ text: String) {
        state.withLock { state in
            for byte in text.utf8 { state.digest = (state.digest ^ UInt64(byte)) &* 0x100_0000_01B3 }
        }
    }

    /// Runs one ready job, or lets time jump to the next timer.
    package func step() -> Step {
        let next: (job: UnownedJob, place: Place)? = state.withLock { state in
            state.thread = pthread_self()
            guard !state.ready.isEmpty else { return nil }
            let drawn = Int(state.dice.next() % UInt64(state.ready.count))
            state.jobs += 1
            state.digest = (state.digest ^ UInt64(drawn)) &* 0x100_0000_01B3
            return state.ready.remove(at: drawn)
        }
        if let next {
            switch next.place {
            case .strand(let strand): next.job.runSynchronously(on: strand.asUnownedSerialExecutor())
            case .pool(let pool): next.job.runSynchronously(on: pool.asUnownedTaskExecutor())
            }
            return .went
        }
        guard let timer = state.withLock({ $0.timers.popLast() }) else { return .stuck }
        state.withLock { $0.now = max($0.now, timer.at) }
        timer.fire()
        return .went
    }

    /// Returns at `moment`, or throws `CancellationError`.
    package func sleep(until moment: Timestamp) async throws {
        let wake = Mailbox<Void>()
        let id = at(moment) { wake.put(.success(())) }
        defer { forget(id) }
        try await wake.take()
    }

    /// Returns after `duration`, or throws `CancellationError`.
    package func sleep(for duration: Duration) async throws { try await sleep(until: now + duration) }

    /// Calls `body` when the clock reaches `moment`.
    @discardableResult
    package func at(_ moment: Timestamp, _ body: @escaping @Sendable () -> Void) -> UInt64 {
        state.withLock { state in
            let id = state.nextTimer
            state.nextTimer += 1
            let place = state.timers.firstIndex { $0.at <= moment } ?? state.timers.endIndex
            state.timers.insert(Timer(id: id, at: moment, fire: body), at: place)
            return id
        }
    }

    /// Calls off what `at` was asked for.
    package func forget(_ timer: UInt64) {
        state.withLock { $0.timers.removeAll { $0.id == timer } }
    }

    fileprivate func add(_ job: UnownedJob, _ place: Place) {
        state.withLock { state in
            if let thread = state.thread, pthread_equal(thread, pthread_self()) == 0 {
                fatalError("a job came from another thread: something escaped the simulation")
            }
            state.ready.append((job, place))
        }
    }
}

/// An actor's own executor within a world.
package final class Strand: SerialExecutor {
    private let scheduler: Scheduler

    /// A strand of this scheduler.
    package init(_ scheduler: Scheduler) {
        self.scheduler = scheduler
    }

    /// Puts a job among those that are ready. Called by the concurrency runtime.
    package func enqueue(_ job: consuming ExecutorJob) {
        scheduler.add(UnownedJob(job), .strand(self))
    }
}

/// Where tasks run within a world: their preferred executor.
package final class Pool: TaskExecutor {
    private let scheduler: Scheduler

    /// A pool of this scheduler.
    package init(_ scheduler: Scheduler) {
        self.scheduler = scheduler
    }

    /// Puts a job among those that are ready. Called by the concurrency runtime.
    package func enqueue(_ job: consuming ExecutorJob) {
        scheduler.add(UnownedJob(job), .pool(self))
    }
}

/// One answer on its way to whoever waits for it. The first one that is put counts.
package final class Mailbox<Content: Sendable>: Sendable {
    private enum State {
        case empty
        case waiting(UnsafeContinuation<Content, any Error>)
        case full(Result<Content, any Error>)
    }

    private let state = Mutex(State.empty)

    /// An empty one.
    package init() {}

    /// Delivers, if nothing was delivered before.
    package func put(_ content: Result<Content, any Error>) {
        let waiting: UnsafeContinuation<Content, any Error>? = state.withLock { state in
            switch state {
            case .full: return nil
            case .empty:
                state = .full(content)
                return nil
            case .waiting(let continuation):
                state = .full(content)
                return continuation
            }
        }
        waiting?.resume(with: content)
    }

    /// Waits for the delivery. Throws what was put, or `CancellationError`.
    package func take() async throws -> Content {
        try await withTaskCancellationHandler {
            try await withUnsafeThrowingContinuation { continuation in
                let content: Result<Content, any Error>? = state.withLock { state in
                    if case .full(let content) = state { return content }
                    state = .waiting(continuation)
                    return nil
                }
                if let content { continuation.resume(with: content) }
            }
        } onCancel: {
            put(.failure(CancellationError()))
        }
    }
}
