import FoundationEssentials

/// The only clock of the command line. Tests set their own.
struct Times: Sendable {
    /// The time of day, for what people read.
    var now: @Sendable () -> Date
    /// Grows steadily from any start, for limits and pauses.
    var uptime: @Sendable () -> Duration
    var sleep: @Sendable (Duration) async throws -> Void

    static let system: Times = {
        let start = ContinuousClock.now
        return Times(
            now: { Date() },
            uptime: { ContinuousClock.now - start },
            sleep: { try await Task.sleep(for: $0) }
        )
    }()
}
