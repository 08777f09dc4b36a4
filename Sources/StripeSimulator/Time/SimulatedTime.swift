import Foundation

/// A moment on the simulator's clock, in whole milliseconds since 1970 UTC.
struct SimulatedTime: Comparable, Hashable, Sendable {
    var milliseconds: Int64

    static func < (left: Self, right: Self) -> Bool { left.milliseconds < right.milliseconds }

    static func + (moment: Self, span: Span) -> Self {
        Self(milliseconds: moment.milliseconds + span.milliseconds)
    }

    static func - (later: Self, earlier: Self) -> Span {
        Span(milliseconds: later.milliseconds - earlier.milliseconds)
    }

    /// Seconds since 1970, as v1 resources carry them.
    var unixSeconds: Int64 { milliseconds / 1000 }

    /// RFC 3339 UTC with milliseconds, as v2 objects carry times.
    var rfc3339: String {
        Date(timeIntervalSince1970: Double(milliseconds) / 1000)
            .formatted(Date.ISO8601FormatStyle(includingFractionalSeconds: true))
    }

    /// A length of simulated time.
    struct Span: Comparable, Hashable, Sendable {
        var milliseconds: Int64

        static func < (left: Self, right: Self) -> Bool { left.milliseconds < right.milliseconds }

        static func + (left: Self, right: Self) -> Self {
            Self(milliseconds: left.milliseconds + right.milliseconds)
        }

        static func milliseconds(_ count: Int64) -> Self { Self(milliseconds: count) }
        static func seconds(_ count: Double) -> Self { Self(milliseconds: Int64(count * 1000)) }
        static func minutes(_ count: Double) -> Self { .seconds(count * 60) }
        static func hours(_ count: Double) -> Self { .seconds(count * 3600) }
        static func days(_ count: Double) -> Self { .hours(count * 24) }
    }
}

extension SimulatedTime {
    /// The machine's present time.
    static var present: SimulatedTime {
        SimulatedTime(milliseconds: Int64(Date().timeIntervalSince1970 * 1000))
    }
}
