import ControlAPI

/// The screen of `batchctl explain`: the state, its rule, the evidence, what comes next, what would change it.
enum ExplainScreen {
    static func lines(_ explanation: Explanation, _ clockface: Clockface) -> [Line] {
        var lines: [Line] = [
            [
                Cell("\(explanation.id) is "), Cell(state: explanation.state),
                Cell(explanation.since.map { " since \(clockface.both($0))." } ?? "."),
            ],
            [Cell("Why: \(explanation.rule)")],
        ]
        lines += explanation.evidence.map { [Cell("     \($0)")] }
        lines.append([Cell("Next: \(explanation.next ?? "nothing by itself.")")])
        if let when = explanation.nextAt { lines.append([Cell("When: \(clockface.both(when)).")]) }
        for (index, command) in explanation.commands.enumerated() {
            lines.append([Cell((index == 0 ? "To change it: " : "              ") + command)])
        }
        return lines
    }
}
