import Synchronization

/// True the first time it is asked.
final class Once: Sendable {
    private let asked = Atomic(false)

    func first() -> Bool {
        !asked.exchange(true, ordering: .relaxed)
    }
}
