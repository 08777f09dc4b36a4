import Dispatch

/// A thread for work that blocks: SQLite, `fsync`, compression.
///
/// As an actor's executor (`unownedExecutor`) it keeps the actor's blocking calls off the cooperative
/// pool; as a task executor preference it does so for child tasks. Work runs in order, one piece at a time.
package final class StoreThread: SerialExecutor, TaskExecutor {
    private let queue: DispatchQueue

    /// A thread, named for debuggers.
    package init(name: String) {
        queue = DispatchQueue(label: name)
    }

    /// Runs `job` after everything enqueued before it. Called by the concurrency runtime.
    package func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        queue.async {
            job.runSynchronously(
                isolatedTo: self.asUnownedSerialExecutor(), taskExecutor: self.asUnownedTaskExecutor())
        }
    }

    /// The reference by which an actor names this executor.
    package func asUnownedSerialExecutor() -> UnownedSerialExecutor {
        UnownedSerialExecutor(ordinary: self)
    }

    /// Traps when called from another thread.
    package func checkIsolated() {
        dispatchPrecondition(condition: .onQueue(queue))
    }
}
