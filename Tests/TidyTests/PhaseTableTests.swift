import BatchCore
import Foundation
import Testing

/// The table that opens `Sources/README.md` is the code's table.
@Suite struct PhaseTableTests {
    @Test func theTableNamesEachPhaseInOrder() throws {
        let page = try String(contentsOfFile: "\(Tree.root)/Sources/README.md", encoding: .utf8)
        let named = page.split(separator: "\n").compactMap { line -> String? in
            let cells = line.split(separator: "|").map { $0.trimmingCharacters(in: .whitespaces) }
            guard cells.count == 6, cells[1].hasPrefix("`"), ["intent", "outcome"].contains(cells[2]) else {
                return nil
            }
            return cells[1].trimmingCharacters(in: ["`"])
        }
        #expect(named == BatchPhase.names)
    }
}
