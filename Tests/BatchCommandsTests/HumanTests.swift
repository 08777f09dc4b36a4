import Testing

@testable import BatchCommands

struct HumanTests {
    @Test(arguments: [
        (0, "0"), (7, "7"), (999, "999"), (1000, "1,000"), (1_903_221, "1,903,221"), (-12_345, "-12,345"),
    ])
    func countsAreGroupedByThousands(number: Int, text: String) {
        #expect(Human.count(number) == text)
    }

    @Test func nounsAgreeWithTheirNumber() {
        #expect(Human.count(1, "row") == "1 row")
        #expect(Human.count(0, "row") == "0 rows")
        #expect(Human.count(2, "batch") == "2 batches")
    }

    @Test(arguments: [
        (0.2, "0 s"), (4, "4 s"), (59.6, "1 m"), (200, "3 m 20 s"), (3600, "1 h"), (3661, "1 h 1 m"),
        (90_000, "1 d 1 h"), (86_401, "1 d"), (.infinity, "a very long time"),
    ])
    func durationsNameTheirTwoGreatestUnits(seconds: Double, text: String) {
        #expect(Human.duration(seconds) == text)
    }

    @Test(arguments: [
        (0, "0 B"), (999, "999 B"), (1000, "1.0 kB"), (999_950, "1.0 MB"), (12_345_678_901, "12.3 GB"),
    ])
    func bytesAreDecimal(number: Int, text: String) {
        #expect(Human.bytes(number) == text)
    }

    @Test(arguments: [
        (0, 10, "0 %"), (10, 10, "100 %"), (1, 4_120_000, "1 %"), (4_119_999, 4_120_000, "99 %"),
        (0, 0, "0 %"),
    ])
    func aShareIsNeverFullBeforeTheEndNorEmptyAfterTheBeginning(part: Int, whole: Int, text: String) {
        #expect(Human.share(part, of: whole) == text)
    }

    @Test func ratesDropTheirFractionWhenGreat() {
        #expect(Human.rate(41.21) == "41.2 rows/s")
        #expect(Human.rate(1234.5) == "1,235 rows/s" || Human.rate(1234.5) == "1,234 rows/s")
    }

    @Test func timesAreToldFromNow() {
        let clockface = Clockface(now: Bench.start)
        #expect(clockface.relative("2026-11-22T07:00:04Z") == "in 4 s")
        #expect(clockface.relative("2026-11-22T06:56:40.000Z") == "3 m 20 s ago")
        #expect(clockface.relative("2026-11-22T07:00:00.100Z") == "now")
        #expect(clockface.absolute("2026-11-22T06:56:40.123Z") == "2026-11-22 06:56:40 UTC")
        #expect(clockface.relative("soon") == "soon")
    }

    @Test func spansAreWrittenAsInTheConfiguration() {
        #expect(Span(argument: "30s")?.duration == .seconds(30))
        #expect(Span(argument: "5m")?.duration == .seconds(300))
        #expect(Span(argument: "1h")?.duration == .seconds(3600))
        #expect(Span(argument: "7d")?.duration == .seconds(604_800))
        for wrong in ["", "30", "s", "-1s", "1.5h", "1w", "99999999999999999999d"] {
            #expect(Span(argument: wrong) == nil)
        }
    }
}
