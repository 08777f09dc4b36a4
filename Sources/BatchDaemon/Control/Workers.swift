import Dispatch

/// Threads for calls that block: reading the database, checking submitted rows.
///
/// The cooperative pool has as many threads as the machine has cores, and must not wait for disks.
final class Workers: TaskExecutor {
    private let queue = DispatchQueue(label: "control", attributes: .concurrent)

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        queue.async { job.runSynchronously(on: self.asUnownedTaskExecutor()) }
    }

    /// Runs `body` on one of the threads.
    func run<Value>(_ body: @Sendable () async throws -> sending Value) async rethrows -> Value {
        try await withTaskExecutorPreference(self, operation: body)
    }
}
