/// How many batches are worked on at once, by what is done to them.
///
/// Each holds buffers of its own: without a limit a thousand jobs that end together would take the memory of a thousand.
/// Nor would more be faster: they share a disk and a processor. One place is for small batches alone, which would else
/// wait for minutes behind large ones.
package struct Places: Sendable {
    private var free: [BatchPhase.Kind: Int] = [.staging: 4, .processing: 64, .collecting: 8, .archived: 2]
    private var freeForLarge: [BatchPhase.Kind: Int]
    /// Of a batch with more rows the results are sorted on the disk.
    private let largestSmall: Int64

    /// The places that `busy` leave, the batches that are worked on.
    package init(busy: some Sequence<Batch>, limits: Limits) {
        largestSmall = Int64(limits.resultsAtOnce)
        freeForLarge = free.mapValues { $0 - 1 }
        for batch in busy { hold(for: batch) }
    }

    /// Takes a place to stage a batch, to look at its job, to collect its results or to settle it, whichever its phase
    /// wants; false when there is none for it. Whatever ends the work of another one is a reason to ask again.
    package mutating func take(for batch: Batch) -> Bool {
        let kind = batch.phase.kind
        guard let left = free[kind] else { return true }
        guard left > 0, !isLarge(batch) || freeForLarge[kind, default: 0] > 0 else { return false }
        hold(for: batch)
        return true
    }

    private mutating func hold(for batch: Batch) {
        free[batch.phase.kind]? -= 1
        if isLarge(batch) { freeForLarge[batch.phase.kind]? -= 1 }
    }

    private func isLarge(_ batch: Batch) -> Bool { batch.rows > largestSmall }
}
