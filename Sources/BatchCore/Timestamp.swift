/// A moment, in whole milliseconds since 1970-01-01T00:00:00Z.
///
/// The core never reads a clock: a moment is always an argument.
package struct Timestamp: Hashable, Comparable, Sendable {
    /// Milliseconds since the Unix epoch; negative before it.
    package let milliseconds: Int64

    /// Wraps a count of milliseconds since the Unix epoch.
    package init(milliseconds: Int64) {
        self.milliseconds = milliseconds
    }

    /// Orders by time.
    package static func < (a: Timestamp, b: Timestamp) -> Bool {
        a.milliseconds < b.milliseconds
    }

    /// The moment `duration` later.
    package static func + (moment: Timestamp, duration: Duration) -> Timestamp {
        Timestamp(milliseconds: moment.milliseconds + duration.milliseconds)
    }

    /// The moment `duration` earlier.
    package static func - (moment: Timestamp, duration: Duration) -> Timestamp {
        Timestamp(milliseconds: moment.milliseconds - duration.milliseconds)
    }

    /// How long after `earlier` this moment is; negative when it is before.
    package static func - (later: Timestamp, earlier: Timestamp) -> Duration {
        .milliseconds(later.milliseconds - earlier.milliseconds)
    }
}

extension Duration {
    /// The whole milliseconds in this duration, rounded towards zero.
    package var milliseconds: Int64 {
        components.seconds * 1000 + components.attoseconds / 1_000_000_000_000_000
    }

    /// The duration in seconds.
    package var seconds: Double {
        Double(components.seconds) + Double(components.attoseconds) / 1e18
    }

    /// A number of hours.
    package static func hours(_ count: Int64) -> Duration { .seconds(count * 3600) }

    /// A number of minutes.
    package static func minutes(_ count: Int64) -> Duration { .seconds(count * 60) }

    /// A number of days of 24 hours.
    package static func days(_ count: Int64) -> Duration { .hours(count * 24) }
}

extension Timestamp {
    /// The first and the last second that RFC 3339 can write: 0000-01-01T00:00:00Z, 9999-12-31T23:59:59Z.
    private static let firstSecond: Int64 = -62_167_219_200
    private static let lastSecond: Int64 = 253_402_300_799

    /// RFC 3339 in UTC with milliseconds, as Stripe writes it: `2026-03-09T20:55:31.000Z`.
    package var rfc3339: String {
        let days = floorDivide(milliseconds, 86_400_000)
        let inDay = milliseconds - days * 86_400_000
        let (year, month, day) = civil(fromDays: days)
        let seconds = inDay / 1000
        return "\(pad(year, 4))-\(pad(month, 2))-\(pad(day, 2))T"
            + "\(pad(seconds / 3600, 2)):\(pad(seconds / 60 % 60, 2)):\(pad(seconds % 60, 2))"
            + ".\(pad(inDay % 1000, 3))Z"
    }

    /// Reads RFC 3339: any number of fractional digits, `Z` or a numeric offset. Nil when it is not that, and
    /// when the moment lies outside of the years 0000 to 9999 in UTC, which cannot be written again.
    package init?(rfc3339 text: String) {
        var rest = Array(text.utf8)[...]
        func number(_ digits: Int) -> Int64? {
            guard rest.count >= digits else { return nil }
            var value: Int64 = 0
            for byte in rest.prefix(digits) {
                guard byte >= 48, byte <= 57 else { return nil }
                value = value * 10 + Int64(byte - 48)
            }
            rest = rest.dropFirst(digits)
            return value
        }
        func skip(_ allowed: String) -> Bool {
            guard let first = rest.first, allowed.utf8.contains(first) else { return false }
            rest = rest.dropFirst()
            return true
        }
        guard let year = number(4), skip("-"), let month = number(2), skip("-"), let day = number(2),
            skip("Tt "), let hour = number(2), skip(":"), let minute = number(2), skip(":"),
            let second = number(2), (1...12).contains(month), day >= 1,
            day <= lengthOfMonth(year, month), hour < 24, minute < 60, second <= 60
        else { return nil }
        var fraction: Int64 = 0
        if skip(".") {
            var scale: Int64 = 100
            guard let first = rest.first, first >= 48, first <= 57 else { return nil }
            while let byte = rest.first, byte >= 48, byte <= 57 {
                fraction += Int64(byte - 48) * scale
                scale /= 10
                rest = rest.dropFirst()
            }
        }
        var offset: Int64 = 0
        if !skip("Zz") {
            let sign: Int64 = rest.first == UInt8(ascii: "-") ? -1 : 1
            guard skip("+-"), let hours = number(2), skip(":"), let minutes = number(2), hours < 24,
                minutes < 60
            else { return nil }
            offset = sign * (hours * 3600 + minutes * 60)
        }
        guard rest.isEmpty else { return nil }
        let seconds = days(year, month, day) * 86400 + hour * 3600 + minute * 60 + second - offset
        guard (Self.firstSecond...Self.lastSecond).contains(seconds) else { return nil }
        self.init(milliseconds: seconds * 1000 + fraction)
    }
}

extension Timestamp {
    /// The calendar month in UTC: `2026-03`.
    package var month: String {
        let (year, month, _) = civil(fromDays: floorDivide(milliseconds, 86_400_000))
        return "\(pad(year, 4))-\(pad(month, 2))"
    }

    /// When the calendar month in UTC ends.
    package var endOfMonth: Timestamp {
        let (year, month, _) = civil(fromDays: floorDivide(milliseconds, 86_400_000))
        let next = month == 12 ? days(year + 1, 1, 1) : days(year, month + 1, 1)
        return Timestamp(milliseconds: next * 86_400_000)
    }
}

private func pad(_ value: Int64, _ width: Int) -> String {
    let digits = String(value)
    return String(repeating: "0", count: max(0, width - digits.count)) + digits
}

private func floorDivide(_ a: Int64, _ b: Int64) -> Int64 {
    a >= 0 ? a / b : -((-a + b - 1) / b)
}

private func lengthOfMonth(_ year: Int64, _ month: Int64) -> Int64 {
    days(month == 12 ? year + 1 : year, month % 12 + 1, 1) - days(year, month, 1)
}

// Civil days in the proleptic Gregorian calendar, counted in years that begin in March.
private func days(_ year: Int64, _ month: Int64, _ day: Int64) -> Int64 {
    let y = month <= 2 ? year - 1 : year
    let era = floorDivide(y, 400)
    let yearOfEra = y - era * 400
    let dayOfYear = (153 * ((month + 9) % 12) + 2) / 5 + day - 1
    return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
}

private func civil(fromDays count: Int64) -> (year: Int64, month: Int64, day: Int64) {
    let z = count + 719_468
    let era = floorDivide(z, 146_097)
    let dayOfEra = z - era * 146_097
    let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let shifted = (5 * dayOfYear + 2) / 153
    let month = shifted < 10 ? shifted + 3 : shifted - 9
    let year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
    return (year, month, dayOfYear - (153 * shifted + 2) / 5 + 1)
}
