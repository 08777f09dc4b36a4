import GRDB
import Synchronization

/// Rings when the history has become longer, so that whoever follows it need not look again and again.
final class HistoryBell: TransactionObserver, Sendable {
    private struct State {
        var grew = false
        var last = 0
        var waiting: [Int: AsyncStream<Void>.Continuation] = [:]
    }

    private let state = Mutex(State())

    /// Rings once at once, then after each commit that added to the history; of several rings one is kept.
    func rings() -> (rings: AsyncStream<Void>, end: AsyncStream<Void>.Continuation) {
        let (rings, ring) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
        let number = state.withLock { state in
            state.last += 1
            state.waiting[state.last] = ring
            return state.last
        }
        ring.onTermination = { [weak self] _ in
            self?.state.withLock { $0.waiting[number] = nil }
        }
        ring.yield()
        return (rings, ring)
    }

    func observes(eventsOfKind kind: DatabaseEventKind) -> Bool {
        if case .insert(let table) = kind { table == "event" } else { false }
    }

    func databaseDidChange(with event: DatabaseEvent) {
        state.withLock { $0.grew = true }
        // One line of a transaction is enough to know.
        stopObservingDatabaseChangesUntilNextTransaction()
    }

    func databaseDidCommit(_ db: Database) {
        let waiting = state.withLock { state in
            defer { state.grew = false }
            return state.grew ? Array(state.waiting.values) : []
        }
        for ring in waiting { ring.yield() }
    }

    func databaseDidRollback(_ db: Database) {
        state.withLock { $0.grew = false }
    }
}

/// What tells that the history has become longer, until `end()`.
package struct HistoryNews: Sendable {
    /// Rings once at once, and then whenever there may be something new.
    package let rings: AsyncStream<Void>
    private let ending: AsyncStream<Void>.Continuation

    init(_ bell: HistoryBell) {
        (rings, ending) = bell.rings()
    }

    /// Ends `rings`. More than once is fine.
    package func end() { ending.finish() }
}

extension Store {
    /// Rings for whoever follows the history. Ask for it before the first read: then nothing falls between.
    package func news() -> HistoryNews { HistoryNews(bell) }
}
