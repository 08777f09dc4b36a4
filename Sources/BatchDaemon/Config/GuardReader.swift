import BatchCore
import ControlAPI
import Foundation

extension Configuration {
    /// Reads what keeps a queue from sending on: `canary`, `halt` and `window`.
    static func readGuardRails(_ queue: Section, into policy: inout QueuePolicy) {
        policy.canary = readGuard("canary", of: queue) { section in
            let usual = Canary()
            return Canary(
                rows: section.value("rows", .number(1...1_000_000), default: usual.rows),
                maxFailureRate: section.value(
                    "max_failure_rate", .failureRate, default: usual.maxFailureRate))
        }
        policy.halt = readGuard("halt", of: queue) { section in
            let usual = Halt()
            return Halt(
                maxFailureRate: section.value(
                    "max_failure_rate", .failureRate, default: usual.maxFailureRate),
                minRows: section.value("min_rows", .number(1...Int64.max), default: usual.minRows))
        }
        policy.window = readWindow(queue)
    }

    /// A guard that null switches off, and that has its defaults when it is left out.
    private static func readGuard<Guard>(
        _ key: String, of queue: Section, _ read: (Section) -> Guard
    ) -> Guard? {
        let section = queue.section(key)
        defer { section.finish() }
        let guardRail = read(section)
        return queue.isOff(key) ? nil : guardRail
    }

    private static func readWindow(_ queue: Section) -> StartWindow? {
        guard let text = queue.optional("window", .text) else { return nil }
        let (window, complaint) = read(window: text)
        guard let complaint else { return window }
        queue.problems.error(at: queue.place(of: "window"), "\(queue.path).window \(complaint)")
        return nil
    }

    /// A window, or what is wrong with it.
    private static func read(window text: String) -> (StartWindow?, complaint: String?) {
        let example = "write it as \"22:00-06:00 Europe/Paris\""
        let window: StartWindow
        do throws(StartWindow.Mistake) {
            window = try StartWindow(text)
        } catch {
            switch error {
            case .form: return (nil, "is no time of day: \(example)")
            case .zoneMissing: return (nil, "says no time zone: \(example)")
            case .time(let word):
                return (nil, "says \(Word(text: word, isPlain: true).shown), which is no time: \(example)")
            case .empty:
                return (nil, "opens and closes at the same time: leave it out to begin jobs at any time")
            }
        }
        guard TimeZone.named(window.zone) == nil else { return (window, nil) }
        let near = nearest(
            to: window.zone, among: TimeZone.knownTimeZoneIdentifiers.filter { $0.contains("/") })
        let advice = near.map { "did you mean \"\($0)\"?" } ?? "use a name such as Europe/Paris, or UTC"
        return (nil, "says \(Word(text: window.zone, isPlain: true).shown), which is no time zone: \(advice)")
    }
}

extension TimeZone {
    /// A time zone of the tz database; nil when there is none of that name. Abbreviations such as EST, which do not
    /// know summer time, are none, and neither are offsets.
    static func named(_ name: String) -> TimeZone? {
        guard name == "UTC" || name.contains("/") && knownTimeZoneIdentifiers.contains(name) else {
            return nil
        }
        return TimeZone(identifier: name)
    }

    /// Seconds that the clocks of the zone of this name are ahead of UTC at a moment.
    static func secondsAhead(_ name: String, at moment: Timestamp) -> Int64 {
        let date = Date(timeIntervalSince1970: Double(moment.milliseconds) / 1000)
        // The configuration was checked: a zone that is not there left the tz database while we ran.
        return Int64(TimeZone(identifier: name)?.secondsFromGMT(for: date) ?? 0)
    }
}
