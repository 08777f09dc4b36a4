/// One try to send a file, as far as it came.
package struct Sending: Hashable, Sendable {
    /// Bytes that were handed to the network.
    package var bytes: Int64
    /// How long that took.
    package var time: Duration
    /// True when all of it arrived.
    package var arrived: Bool

    /// A try.
    package init(bytes: Int64, time: Duration, arrived: Bool) {
        self.bytes = bytes
        self.time = time
        self.arrived = arrived
    }

    /// From here on a file says how fast the uplink is; a smaller one, how fast it is at least.
    private static let enough: Int64 = 1_000_000

    /// Bytes a second that the uplink reaches, by the last tries, oldest first; nil when they do not tell.
    ///
    /// It comes down at once, also by a file that did not arrive in time, and goes up by halves. A connection
    /// that carried next to nothing was cut, not slow.
    package static func rate(of tries: [Sending]) -> Double? {
        var rate: Double?
        for one in tries where one.time > .zero {
            let seen = Double(one.bytes) / one.time.seconds
            if one.bytes < enough {
                if one.arrived, seen > rate ?? .infinity { rate = seen }
            } else if let known = rate, seen > known {
                if one.arrived { rate = (known + seen) / 2 }
            } else {
                rate = seen
            }
        }
        return rate
    }
}
