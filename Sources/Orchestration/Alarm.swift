/// Says that there may be something to do. Many rings are one; a lost ring costs nothing, because the
/// next look finds everything that is due.
package struct Alarm: Sendable {
    /// The rings; ends when the alarm is silenced.
    package let rings: AsyncStream<Void>
    private let continuation: AsyncStream<Void>.Continuation

    /// An alarm that has rung once, so that the first look happens at once.
    package init() {
        (rings, continuation) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
        ring()
    }

    /// There may be something to do.
    package func ring() { continuation.yield() }

    /// Begins nothing new from now on.
    package func silence() { continuation.finish() }
}
