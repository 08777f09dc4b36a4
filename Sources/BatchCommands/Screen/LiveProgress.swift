import ControlAPI

/// Shows progress as it comes: redrawn in place on a terminal, else a line for each change.
struct LiveProgress {
    let output: Output
    let sink: Sink
    let colour: Bool
    private let isData: Bool
    /// On a terminal, how many lines the last drawing took.
    private var drawn = 0
    private var shown: Workload?
    private var shownAt: Duration?

    /// On standard output for a command whose data it is, else on standard error.
    init(output: Output, asData: Bool) {
        self.output = output
        self.isData = asData
        self.sink = asData ? output.console.out : output.console.err
        self.colour = asData ? output.colour.out : output.colour.err
    }

    /// Whether `update` redraws in place.
    var isLive: Bool { sink.isTerminal && !(isData && output.isJSON) }

    /// Shows `workload`; `isLast` is never held back.
    mutating func update(_ workload: Workload, times: Times, isLast: Bool) throws {
        let clockface = Clockface(now: times.now())
        let screen = ProgressScreen(workload: workload, clockface: clockface)
        if isLive, let columns = sink.columns() {
            return try redraw(screen.lines(width: columns - 1))
        }
        // A log wants changes, at most one a second, and none of what is only company for a person.
        guard isData, shown?.state != workload.state || shown?.rows != workload.rows else { return }
        let now = times.uptime()
        if !isLast, let shownAt, now - shownAt < .seconds(1) { return }
        (shown, shownAt) = (workload, now)
        if output.isJSON {
            try output.showNext(workload) { [] }
        } else {
            try sink.write(screen.sentence + "\n")
        }
    }

    /// Leaves the last drawing where it is, since something was printed below it.
    mutating func beginAnew() {
        drawn = 0
    }

    private mutating func redraw(_ lines: [Line]) throws {
        // Back to the first line of the last drawing, then each line anew up to its end, and nothing below.
        let back = drawn > 0 ? "\u{1B}[\(drawn)A\r" : ""
        let text = lines.map { $0.painted(colour) + "\u{1B}[K\n" }.joined()
        try sink.write(back + text + "\u{1B}[J")
        drawn = lines.count
    }
}
