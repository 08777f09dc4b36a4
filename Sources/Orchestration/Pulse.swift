import Synchronization

/// Whether the loop goes round. Somebody asks from time to time, and only the loop itself answers: a daemon whose
/// timers run while its work stands still is not alive.
package final class Pulse: Sendable {
    private let isAsked = Atomic(false)
    private let onBeat: @Sendable () -> Void

    /// A pulse; `onBeat` runs once for each question that the loop answers.
    package init(onBeat: @escaping @Sendable () -> Void = {}) {
        self.onBeat = onBeat
    }

    /// Asks. The loop is rung beside it.
    package func ask() { isAsked.store(true, ordering: .releasing) }

    /// The loop has gone round.
    func beat() {
        if isAsked.exchange(false, ordering: .acquiringAndReleasing) { onBeat() }
    }
}
