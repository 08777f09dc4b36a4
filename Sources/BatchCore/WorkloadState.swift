/// Where a workload stands, in the words of `interfaces.md` section 1, which are also stored.
package enum WorkloadState: String, Hashable, Sendable, CaseIterable {
    /// Its rows are arriving; nothing of it is promised yet.
    case loading
    /// Accepted; none of its rows was sent yet.
    case queued
    /// Rows are being sent or settled.
    case running
    /// A person stopped it.
    case paused
    /// Cannot go on without a person.
    case held
    /// Every row has its outcome.
    case finished
    /// Ended because a person said so.
    case canceled

    /// True when nothing more happens to it by itself.
    package var isOver: Bool { self == .finished || self == .canceled }
}
