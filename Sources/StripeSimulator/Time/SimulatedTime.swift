import Foundation

/// A moment on the simulator's clock, in whole milliseconds since 1970 UTC.
struct SimulatedTime: Comparable, Hashable, Sendable {
    var milliseconds: Int64

    init(milliseconds: Int64) {
        self.milliseconds = milliseconds
    }

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
        // The milliseconds are set in by hand: a date is a binary fraction, and its format cuts off.
        let parts = milliseconds.quotientAndRemainder(dividingBy: 1000)
        let whole = Date(timeIntervalSince1970: Double(parts.quotient)).formatted(Date.ISO8601FormatStyle())
        return whole.dropLast() + "." + String(parts.remainder + 1000).dropFirst() + "Z"
    }

    /// Reads an RFC 3339 time, with or without parts of a second.
    init?(rfc3339 text: String) {
        let style = Date.ISO8601FormatStyle()
        // `try?`: each failure means "not in this form".
        let date =
            (try? style.parse(text))
            ?? (try? Date.ISO8601FormatStyle(includingFractionalSeconds: true).parse(text))
        guard let date else { return nil }
        milliseconds = Int64((date.timeIntervalSince1970 * 1000).rounded())
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
