import ControlAPI
import FoundationEssentials

/// Numbers and times in the form that people read.
enum Human {
    /// `1,903,221`.
    static func count(_ number: Int) -> String { Figures.count(number) }

    /// `1 row`, `5,000 rows`.
    static func count(_ number: Int, _ noun: String) -> String { Figures.count(number, noun) }

    /// `12.3 GB`, decimal as disks are sold.
    static func bytes(_ number: Int) -> String { Figures.bytes(number) }

    /// `41.2 rows/s`.
    static func rate(_ perSecond: Double) -> String {
        perSecond < 99.95
            ? "\(Figures.tenths(perSecond)) rows/s" : "\(count(Int(perSecond.rounded()))) rows/s"
    }

    /// `46 %`: never 100 before the end, never 0 after the beginning.
    static func share(_ part: Int, of whole: Int) -> String {
        "\(percent(part, of: whole)) %"
    }

    static func percent(_ part: Int, of whole: Int) -> Int {
        guard whole > 0 else { return 0 }
        guard part > 0, part < whole else { return part > 0 ? 100 : 0 }
        return min(99, max(1, Int((Double(part) * 100 / Double(whole)).rounded())))
    }

    /// `3 m 20 s`: the two greatest units.
    static func duration(_ seconds: Double) -> String {
        guard seconds.isFinite, seconds.magnitude < 1e12 else { return "a very long time" }
        let whole = Int(seconds.rounded())
        let (days, hours, minutes, rest) = (whole / 86_400, whole / 3600 % 24, whole / 60 % 60, whole % 60)
        let parts = [(days, "d"), (hours, "h"), (minutes, "m"), (rest, "s")]
        guard let first = parts.firstIndex(where: { $0.0 != 0 }) else { return "0 s" }
        return parts[first...].prefix(2).filter { $0.0 != 0 }.map { "\($0.0) \($0.1)" }.joined(separator: " ")
    }
}

/// Turns the daemon's times into what a person reads now.
struct Clockface: Sendable {
    let now: Date

    /// `in 4 s`, `3 m 20 s ago`, `now`.
    func relative(_ rfc3339: String) -> String {
        guard let date = Self.date(rfc3339) else { return rfc3339 }
        let seconds = date.timeIntervalSince(now)
        guard seconds.magnitude >= 0.5 else { return "now" }
        let length = Human.duration(seconds.magnitude)
        return seconds > 0 ? "in \(length)" : "\(length) ago"
    }

    /// `3 m 20 s` from now; nil when it is past or no time.
    func remaining(_ rfc3339: String) -> String? {
        guard let date = Self.date(rfc3339) else { return nil }
        let seconds = date.timeIntervalSince(now)
        return seconds < 0.5 ? nil : Human.duration(seconds)
    }

    /// `2026-11-22 07:05:12 UTC`, now.
    var time: String { absolute(now.formatted(.iso8601)) }

    /// `2026-11-22 07:05:12 UTC`.
    func absolute(_ rfc3339: String) -> String {
        guard let date = Self.date(rfc3339) else { return rfc3339 }
        let style = Date.ISO8601FormatStyle().year().month().day().dateTimeSeparator(.space).time(
            includingFractionalSeconds: false)
        return date.formatted(style) + " UTC"
    }

    /// `2026-11-22 07:05:12 UTC (3 m 20 s ago)`.
    func both(_ rfc3339: String) -> String {
        "\(absolute(rfc3339)) (\(relative(rfc3339)))"
    }

    static func date(_ rfc3339: String) -> Date? {
        // The format is either with fractions or without; nil is the answer for neither.
        (try? Date.ISO8601FormatStyle(includingFractionalSeconds: true).parse(rfc3339))
            ?? (try? Date.ISO8601FormatStyle().parse(rfc3339))
    }
}
