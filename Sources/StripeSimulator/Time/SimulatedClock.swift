/// A clock that runs `scale` times as fast as the wall, and can be pushed forward.
///
/// Every expiry and every rate in the simulator derives from it. With a scale of 0 it stands
/// still and moves only when it is advanced, which makes a test exact.
struct SimulatedClock: Sendable {
    private(set) var scale: Double
    private var origin: SimulatedTime
    private var wallOrigin: Duration
    private let wall: @Sendable () -> Duration

    /// - Parameter wall: Time since any fixed moment; it never goes back.
    init(start: SimulatedTime, scale: Double, wall: @escaping @Sendable () -> Duration) {
        self.origin = start
        self.scale = scale
        self.wall = wall
        self.wallOrigin = wall()
    }

    /// A clock that starts at the present, and follows the machine's own monotonic clock.
    static func real(scale: Double) -> SimulatedClock {
        let zero = ContinuousClock.now
        return SimulatedClock(start: .present, scale: scale) { ContinuousClock.now - zero }
    }

    var now: SimulatedTime {
        let elapsed = (wall() - wallOrigin) / .milliseconds(1)
        return origin + .milliseconds(Int64(elapsed * scale))
    }

    /// Real time since any fixed moment, whatever the scale.
    var wallNow: Duration { wall() }

    mutating func advance(by span: SimulatedTime.Span) {
        origin = origin + span
    }

    /// Changes the pace from this moment on; the time already shown stays.
    mutating func run(atScale newScale: Double) {
        origin = now
        wallOrigin = wall()
        scale = newScale
    }
}
