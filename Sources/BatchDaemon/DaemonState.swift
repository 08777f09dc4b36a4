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
    private let current = Mutex(Phase.starting)

    /// A daemon that has just started.
    package init(pid: Int32, startedAt: Timestamp) {
        self.pid = pid
        self.startedAt = startedAt
    }

    /// Where the process stands now.
    package var phase: Phase { current.withLock { $0 } }

    /// Moves on; a daemon that is stopping stays so.
    package func become(_ phase: Phase) {
        current.withLock { if $0 != .stopping { $0 = phase } }
    }
}
