/// The time of day in which new jobs are begun: `22:00-06:00 Europe/Paris`. It may go over midnight.
///
/// The core knows no time zones: what a zone's clocks show is a function, `offset`, from a moment to the seconds that
/// local time is ahead of UTC.
package struct StartWindow: Hashable, Sendable, CustomStringConvertible {
    /// The minute of the local day in which it opens.
    package let opens: Int
    /// The minute of the local day in which it closes; less than `opens` when that is on the next day.
    package let closes: Int
    /// The name of the time zone.
    package let zone: String

    /// What the clocks of a zone show: seconds ahead of UTC at a moment.
    package typealias Offset = (Timestamp) -> Int64

    private static let day: Int64 = 1440

    /// Why a text is no window, as the end of a sentence.
    package enum Mistake: Error, Hashable {
        case form
        case zoneMissing
        case time(String)
        case empty
    }

    /// Reads `22:00-06:00 Europe/Paris`. Whether there is such a zone is for others to say.
    package init(_ text: String) throws(Mistake) {
        let words = text.split(separator: " ")
        guard let hours = words.first, words.count <= 2 else { throw .form }
        let times = hours.split(separator: "-", omittingEmptySubsequences: false)
        guard times.count == 2 else { throw .form }
        let opens = try Self.minute(times[0])
        let closes = try Self.minute(times[1])
        guard words.count == 2 else { throw .zoneMissing }
        // 24:00 is the end of a day, and 00:00 its beginning.
        guard opens < Self.day, opens != closes, (opens, closes) != (0, Int(Self.day)) else { throw .empty }
        self.opens = opens
        self.closes = closes == Int(Self.day) ? 0 : closes
        zone = String(words[1])
    }

    private static func minute(_ text: Substring) throws(Mistake) -> Int {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count == 2, (1...2).contains(parts[0].count), parts[1].count == 2,
            parts.allSatisfy({ $0.utf8.allSatisfy { (48...57).contains($0) } }),
            let hour = Int(parts[0]), let minute = Int(parts[1]),
            hour < 24 && minute < 60 || (hour, minute) == (24, 0)
        else { throw .time(String(text)) }
        return hour * 60 + minute
    }

    /// As it is written.
    package var description: String { "\(Self.written(opens))-\(Self.written(closes)) \(zone)" }

    private static func written(_ minute: Int) -> String {
        func two(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
        return "\(two(minute / 60)):\(two(minute % 60))"
    }

    /// True while new jobs may be begun.
    package func isOpen(at moment: Timestamp, _ offset: Offset) -> Bool {
        let minute = Int(Self.localMinute(moment, offset) % Self.day)
        return opens < closes ? (opens..<closes).contains(minute) : minute >= opens || minute < closes
    }

    /// When it opens next; nil when it is open.
    ///
    /// Clocks that are put forward over the opening open it there; when they are put back it does not close for that.
    package func nextOpening(after now: Timestamp, _ offset: Offset) -> Timestamp? {
        if isOpen(at: now, offset) { return nil }
        let local = Self.localMinute(now, offset)
        let left = (Int64(opens) - local % Self.day + Self.day) % Self.day
        let minute = now - .milliseconds(now.milliseconds % 60_000)
        // By the clock as it goes now, and by the clock as it will go then: the opening is not before the earlier one.
        let asNow = minute + .minutes(left)
        let asThen = asNow + .seconds(offset(now) - offset(asNow))
        var moment = max(min(asNow, asThen), minute)
        while !isOpen(at: moment, offset) { moment = moment + .minutes(1) }
        return moment
    }

    /// Minutes of local time since 1970.
    private static func localMinute(_ moment: Timestamp, _ offset: Offset) -> Int64 {
        // Nothing before 1970 is ever asked for.
        max(0, moment.milliseconds / 60_000 + offset(moment) / 60)
    }
}
