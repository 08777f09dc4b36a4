import BatchCore
import Testing

/// When new jobs may be begun, by the clocks of a zone.
@Suite struct StartWindowTests {
    /// Central Europe in 2026: one hour ahead, two from 29 March 01:00 to 25 October 01:00 UTC.
    private func paris(_ moment: Timestamp) -> Int64 {
        let summer = at("2026-03-29T01:00:00Z")..<at("2026-10-25T01:00:00Z")
        return summer.contains(moment) ? 7200 : 3600
    }

    private func at(_ text: String) -> Timestamp { Timestamp(rfc3339: text)! }

    private func window(_ text: String) throws -> StartWindow { try StartWindow(text) }

    @Test func itGoesOverMidnight() throws {
        let night = try window("22:00-06:00 Europe/Paris")
        for (moment, isOpen) in [
            ("2026-01-10T20:59:59Z", false), ("2026-01-10T21:00:00Z", true), ("2026-01-11T04:59:59Z", true),
            ("2026-01-11T05:00:00Z", false), ("2026-07-10T20:00:00Z", true), ("2026-07-10T19:59:00Z", false),
        ] {
            #expect(night.isOpen(at: at(moment), paris) == isOpen, "\(moment)")
        }
    }

    @Test(arguments: [
        ("22:00-06:00", "2026-01-10T12:00:00Z", "2026-01-10T21:00:00Z"),
        ("22:00-06:00", "2026-01-10T05:00:30Z", "2026-01-10T21:00:00Z"),
        ("08:00-09:00", "2026-01-10T12:00:00Z", "2026-01-11T07:00:00Z"),
        // Summer time begins in the night between: the same time of day comes an hour earlier.
        ("08:00-09:00", "2026-03-28T12:00:00Z", "2026-03-29T06:00:00Z"),
        // It ends: an hour later.
        ("08:00-09:00", "2026-10-24T12:00:00Z", "2026-10-25T07:00:00Z"),
        // 02:30 is left out that night: it opens when the clocks are put forward.
        ("02:30-05:00", "2026-03-29T00:00:00Z", "2026-03-29T01:00:00Z"),
        // All of it is left out: it opens a day later.
        ("02:10-02:40", "2026-03-29T00:00:00Z", "2026-03-30T00:10:00Z"),
        // 02:30 comes twice: the first time counts.
        ("02:30-05:00", "2026-10-24T23:00:00Z", "2026-10-25T00:30:00Z"),
        ("20:00-24:00", "2026-01-10T12:00:00Z", "2026-01-10T19:00:00Z"),
    ])
    func itSaysWhenItOpensNext(hours: String, now: String, opens: String) throws {
        let window = try window("\(hours) Europe/Paris")
        let opening = try #require(window.nextOpening(after: at(now), paris))
        #expect(opening == at(opens), "\(opening.rfc3339)")
        #expect(window.isOpen(at: opening, paris))
        #expect(window.nextOpening(after: opening, paris) == nil)
    }

    /// Minute by minute over the two nights in which the clocks change.
    @Test(arguments: ["2026-03-28T00:00:00Z", "2026-10-24T00:00:00Z"])
    func noEarlierMinuteIsOpen(start: String) throws {
        for text in ["02:30-05:00", "22:00-06:00", "03:00-03:01", "01:59-02:00"] {
            let window = try window("\(text) Europe/Paris")
            var expected: Timestamp?
            for minute in stride(from: Int64(3 * 1440), through: 0, by: -1) {
                let now = at(start) + .minutes(minute)
                if window.isOpen(at: now, paris) { expected = now }
                guard minute <= 1440, let expected else { continue }
                #expect((window.nextOpening(after: now, paris) ?? now) == expected, "\(text) \(now.rfc3339)")
            }
        }
    }

    @Test(
        arguments: [
            ("", .form), ("22:00", .form), ("22:00-06:00", .zoneMissing),
            ("22:00-06:00 Europe / Paris", .form),
            ("22-06 UTC", .time("22")), ("24:30-06:00 UTC", .time("24:30")), ("22:00-6:5 UTC", .time("6:5")),
            ("22:60-06:00 UTC", .time("22:60")), ("-1:00-06:00 UTC", .form), ("22:00-22:00 UTC", .empty),
            ("00:00-24:00 UTC", .empty), ("24:00-06:00 UTC", .empty), ("22:00–06:00 UTC", .form),
        ] as [(String, StartWindow.Mistake)])
    func whatIsNoWindowIsRefused(text: String, mistake: StartWindow.Mistake) {
        #expect(throws: mistake) { try StartWindow(text) }
    }

    @Test func itIsWrittenAsItWasRead() throws {
        #expect(try window("22:00-06:00 Europe/Paris").description == "22:00-06:00 Europe/Paris")
        #expect(try window("8:05-24:00 UTC").description == "08:05-00:00 UTC")
    }
}
