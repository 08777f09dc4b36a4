import ControlAPI

/// Something that a list shows again and again.
protocol Listed: Codable & Hashable & Sendable {
    /// What it is known by in its list.
    var key: String { get }
    /// What is worth a new line when it changes: not the clocks, which always move.
    var news: [String] { get }
}

/// A list that is shown as it changes: drawn anew on a terminal, else a line for each change.
struct LiveList<Value: Listed> {
    let output: Output
    private var shown: [String: [String]] = [:]
    private var widths: [Int] = []
    private var hasHeading = false

    init(output: Output) {
        self.output = output
    }

    /// Whether `update` draws the screen anew.
    var isLive: Bool { output.console.out.isTerminal && !output.isJSON }

    /// Shows the list as it is now.
    mutating func update(_ values: [Value], _ table: Table<Value>, at time: String) throws {
        if isLive { return try redraw(values, table, at: time) }
        let changed = values.filter { shown[$0.key] != $0.news }
        shown = Dictionary(values.map { ($0.key, $0.news) }, uniquingKeysWith: { $1 })
        if output.isJSON {
            for value in changed { try output.showNext(value) { [] } }
        } else if !changed.isEmpty {
            let isWide = output.format == .wide
            let lines = table.lines(changed, width: output.width, wide: isWide, atLeast: &widths)
            try output.show(hasHeading ? Array(lines.dropFirst()) : lines)
            hasHeading = true
        }
    }

    private func redraw(_ values: [Value], _ table: Table<Value>, at time: String) throws {
        let width = output.width
        var lines = output.lines(values, table)
        if values.isEmpty { lines = [[Cell("No \(table.noun).")]] }
        // A screen that is full scrolls, and what scrolled away cannot be drawn anew.
        let room = max(2, (output.console.out.rows() ?? .max) - 2)
        if lines.count > room {
            let hidden = lines.count - room + 1
            lines = lines.prefix(room - 1) + [[Cell("… and \(Human.count(hidden)) more", .dim)]]
        }
        lines.append([Cell("\(time)  Ctrl-C ends it", .dim)])
        let text = lines.map { $0.cut(to: width).painted(output.colour.out) + "\u{1B}[K\n" }.joined()
        try output.console.out.write("\u{1B}[H" + text + "\u{1B}[J")
    }
}

extension Workload: Listed {
    var key: String { id }
    var news: [String] {
        [state, reason ?? "", "\(rows)", "\(batches)", "\(waiting?.rows ?? 0)"]
    }
}

extension Batch: Listed {
    var key: String { id }
    var news: [String] { [state, reason ?? "", job ?? ""] }
}

extension Job: Listed {
    var key: String { id }
    var news: [String] { [state, "\(succeeded ?? -1)", "\(failed ?? -1)"] }
}

extension Deadline: Listed {
    var key: String { "\(subject) \(what)" }
    var news: [String] { [state, at] }
}

extension Queue: Listed {
    var key: String { name }
    var news: [String] { [state, reason ?? "", "\(rows)", "\(jobs)", "\(workloads)", opensAt ?? ""] }
}
