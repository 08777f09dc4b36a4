import ControlAPI
import Foundation
import Testing

@testable import BatchCommands

struct ScreenTests {
    private let clockface = Clockface(now: Bench.start)

    private func workload(_ document: String = Documents.workload()) throws -> Workload {
        try JSONDecoder().decode(Workload.self, from: Data(document.utf8))
    }

    private func text(_ lines: [Line]) -> [String] { lines.map { $0.painted(false) } }

    @Test func aTableFitsEightyColumnsByCuttingLongNames() throws {
        let long = try workload(Documents.workload(name: String(repeating: "n", count: 100)))
        let lines = text(Tables.workloads(clockface).lines([long], width: 80, wide: false))
        #expect(lines[0].hasPrefix("ID   NAME"))
        #expect(lines.allSatisfy { $0.count <= 80 })
        #expect(lines[1].contains("n…  ") && lines[1].contains("4,120,000") && lines[1].hasSuffix("3 m 20 s"))
    }

    @Test(arguments: [200, nil]) func aTableWithRoomIsNotCut(width: Int?) throws {
        let long = try workload(Documents.workload(name: String(repeating: "n", count: 100)))
        let lines = text(Tables.workloads(clockface).lines([long], width: width, wide: false))
        #expect(lines[1].contains(String(repeating: "n", count: 100)))
        #expect(!lines[1].contains("…"))
    }

    @Test func aTerminalNarrowerThanTheNumbersCutsTheLine() throws {
        let lines = text(Tables.workloads(clockface).lines([try workload()], width: 40, wide: false))
        #expect(lines.allSatisfy { $0.count == 40 && $0.hasSuffix("…") })
    }

    @Test func numbersStandAtTheRight() throws {
        let some = try [workload(), workload(Documents.workload(failed: 3))]
        let lines = text(Tables.workloads(clockface).lines(some, width: nil, wide: false))
        let ends = lines.compactMap { line in
            ["FAILED", " 1,204", "     3"].compactMap { line.range(of: $0)?.upperBound }.first
                .map { line.distance(from: line.startIndex, to: $0) }
        }
        #expect(ends.count == 3 && Set(ends).count == 1)
    }

    @Test func wideCharactersTakeTwoColumns() {
        #expect(Cell("日本").width == 4)
        #expect(Cell("日本語").cut(to: 5).text == "日本…")
        #expect(Cell("e\u{301}").width == 1)
    }

    @Test func textFromOthersCannotMoveTheCursor() {
        #expect(Cell("a\u{1B}[2Jb\nc").text == "a\u{FFFD}[2Jb\u{FFFD}c")
        #expect(Cell("a\u{202E}b").text == "a\u{FFFD}b")
    }

    @Test func sentencesAreBrokenBetweenWords() {
        let lines = text([Cell("held", .warning), Cell(": twelve rows of w3")].wrapped(to: 12))
        #expect(lines == ["held: twelve", "rows of w3"])
    }

    @Test func whatIsBrokenGoesOnUnderWhereItBegan() {
        let evidence = text([Cell("     Input of many bytes, SHA-256")].wrapped(to: 20))
        #expect(evidence == ["     Input of many", "     bytes, SHA-256"])
        let fact = text([Cell("hint", .dim), Cell("  "), Cell("See the rows: rows w3")].wrapped(to: 18))
        #expect(fact == ["hint  See the", "      rows: rows", "      w3"])
        let check = text([Cell("ok    ", .good), Cell("clock  It agrees")].wrapped(to: 15))
        #expect(check == ["ok    clock  It", "             agrees"])
    }

    @Test func aWideTableIsCutNowhere() throws {
        let long = try workload(Documents.workload(name: String(repeating: "n", count: 100)))
        let lines = text(Tables.workloads(clockface).lines([long], width: 80, wide: true))
        #expect(lines[1].contains(String(repeating: "n", count: 100)) && !lines[1].contains("…"))
    }

    @Test(arguments: [40, 79, 199]) func progressFitsAndFillsItsBarWithTheShareDone(width: Int) throws {
        let lines = ProgressScreen(workload: try workload(), clockface: clockface).lines(width: width)
        #expect(lines.count == 3 && lines.allSatisfy { $0.width <= width })
        let bar = lines[1].painted(false)
        if width >= 79 {
            let (done, open) = (bar.count { $0 == "#" }, bar.count { $0 == "-" })
            #expect(done == (done + open) * 1_920_000 / 4_120_000)
            #expect(bar.hasSuffix("] 47 %  1,920,000 of 4,120,000 rows"))
            #expect(
                lines[0].painted(false)
                    == "w12 running  2 batches active  41.2 rows/s, 3 m 20 s left  migrate")
            #expect(lines[2].painted(false).hasSuffix("failed 1,204  held 0  canceled 15,575"))
        }
    }

    @Test func rowsThatRanInAJobMoveTheBarBeforeTheirResultsCome() throws {
        // 200 s at 41.2 rows/s: 8,240 rows are still to run, so the other 991,760 in flight have run.
        let running = try workload(
            Documents.workload(succeeded: 3_120_000, failed: 0, inFlight: 1_000_000, canceled: 0))
        let bar = ProgressScreen(workload: running, clockface: clockface).lines(width: 80)[1].painted(false)
        #expect(bar.hasSuffix("] 99 %  about 4,111,760 of 4,120,000 rows"))
        #expect(bar.contains("#=") && bar.contains("=-]"))
    }

    @Test func progressWithoutATerminalIsOneSentence() throws {
        let sentence = ProgressScreen(workload: try workload(), clockface: clockface).sentence
        #expect(
            sentence
                == "w12 running: 1,920,000 of 4,120,000 rows (47 %), 1,903,221 succeeded, 1,204 failed, 0 held, 41.2 rows/s, 3 m 20 s left"
        )
    }
}
