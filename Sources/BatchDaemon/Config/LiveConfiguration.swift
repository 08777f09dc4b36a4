import BatchCore
import Synchronization

/// The configuration that is in force. A reload replaces it as a whole.
package final class LiveConfiguration: Sendable {
    private struct State {
        var configuration: Configuration
        var isDone = true
        var readAt: Timestamp?
    }

    private let state: Mutex<State>

    /// What the daemon started with.
    package init(_ configuration: Configuration) { state = Mutex(State(configuration: configuration)) }

    /// What is in force now.
    package var current: Configuration { state.withLock { $0.configuration } }

    /// Whether the last reload was done, and when the last one was that was; nil when there was none.
    var lastReload: (isDone: Bool, at: Timestamp?) { state.withLock { ($0.isDone, $0.readAt) } }

    /// Puts another one into force.
    func replace(by configuration: Configuration, at now: Timestamp) {
        state.withLock { $0 = State(configuration: configuration, isDone: true, readAt: now) }
    }

    /// Notes that a reload was refused.
    func keep() { state.withLock { $0.isDone = false } }
}
