package import BatchCore
import Synchronization

/// What the daemon says about itself.
package final class DaemonState: Sendable {
    /// Where the process stands in its life.
    package enum Phase: String, Sendable {
        case starting, running, stopping
    }

    /// The process's id.
    package let pid: Int32
    /// When it started.
    package let startedAt: Timestamp
    private let current = Mutex((phase: Phase.starting, waiting: [Int: AsyncStream<Never>.Continuation]()))

    /// A daemon that has just started.
    package init(pid: Int32, startedAt: Timestamp) {
        self.pid = pid
        self.startedAt = startedAt
    }

    /// Where the process stands now.
    package var phase: Phase { current.withLock { $0.phase } }

    /// Moves on; a daemon that is stopping stays so.
    package func become(_ phase: Phase) {
        let woken = current.withLock { current in
            if current.phase != .stopping { current.phase = phase }
            return phase == .stopping ? Array(current.waiting.values) : []
        }
        for waiter in woken { waiter.finish() }
    }

    /// Returns when the daemon is told to stop, or when the task that waits is canceled.
    func untilStopping() async {
        let (news, waiter) = AsyncStream.makeStream(of: Never.self)
        let number = current.withLock { current in
            let number = (current.waiting.keys.max() ?? 0) + 1
            current.waiting[number] = waiter
            if current.phase == .stopping { waiter.finish() }
            return number
        }
        for await _ in news {}
        current.withLock { $0.waiting[number] = nil }
    }
}
