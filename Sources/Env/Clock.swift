package import BatchCore
import Glibc

/// Where the time comes from. Production reads the wall clock; a simulation supplies its own.
package struct Clock: Sendable {
    /// The present moment.
    package var now: @Sendable () -> Timestamp
    /// Returns at the given moment or soon after; at once when it is past, and before it when the clock was set
    /// back. Throws `CancellationError`.
    package var sleep: @Sendable (_ until: Timestamp) async throws -> Void

    /// A clock made of its two abilities.
    package init(
        now: @escaping @Sendable () -> Timestamp,
        sleep: @escaping @Sendable (_ until: Timestamp) async throws -> Void
    ) {
        self.now = now
        self.sleep = sleep
    }

    /// Returns `duration` from now, as this clock counts it. Throws `CancellationError`.
    package func sleep(for duration: Duration) async throws {
        try await sleep(now() + duration)
    }

    /// The wall clock of the machine.
    ///
    /// Stripe's deadlines are moments on the wall. A sleeper therefore looks at the wall clock again at
    /// least every 30 seconds: a step of the clock, or a suspended machine, delays it by no more. A clock that was
    /// set back wakes it, because what it waits for may be due by now.
    package static let system = Clock(
        now: wallClock,
        sleep: { until in
            var last = wallClock()
            while true {
                let now = wallClock()
                guard now >= last else { return try Task.checkCancellation() }
                last = now
                let left = until - now
                guard left > .zero else { return try Task.checkCancellation() }
                try await Task.sleep(for: min(left, .seconds(30)))
            }
        }
    )
}

extension Clock {
    /// A clock that shows `start` now and runs `scale` times as fast as the wall clock.
    package static func running(from start: Timestamp, scale: Double) -> Clock {
        let began = wallClock()
        let now: @Sendable () -> Timestamp = { start + (wallClock() - began) * scale }
        return Clock(
            now: now,
            sleep: { until in
                while true {
                    let left = until - now()
                    guard left > .zero else { return try Task.checkCancellation() }
                    try await Task.sleep(for: min(left / scale, .seconds(30)))
                }
            })
    }

    /// The clock of this process: the wall clock. A debug build takes another one from `BATCHD_CLOCK`, as in
    /// `2026-11-22T13:00:00Z*60`, so that a test can have days pass together with the simulator's.
    package static let ofProcess: Clock = {
        #if DEBUG
            if let setting = getenv("BATCHD_CLOCK").map({ String(cString: $0) }) {
                let parts = setting.split(separator: "*")
                guard parts.count == 2, let start = Timestamp(rfc3339: String(parts[0])),
                    let scale = Double(parts[1]), scale > 0
                else { fatalError("BATCHD_CLOCK is no moment and scale: \(setting)") }
                return .running(from: start, scale: scale)
            }
        #endif
        return .system
    }()
}

extension Clock {
    /// The machine's clock that nobody sets, in microseconds: what systemd orders its messages by.
    package static func monotonicMicroseconds() -> Int64 {
        var time = timespec()
        let result = clock_gettime(CLOCK_MONOTONIC, &time)
        precondition(result == 0, "the kernel has no monotonic clock")
        return Int64(time.tv_sec) * 1_000_000 + Int64(time.tv_nsec) / 1000
    }
}

private func wallClock() -> Timestamp {
    var time = timespec()
    let result = clock_gettime(CLOCK_REALTIME, &time)
    precondition(result == 0, "the kernel has no wall clock")
    return Timestamp(milliseconds: Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000)
}
