/// How to show many values of one kind: a column each for what is told about them.
struct Table<Value>: Sendable {
    struct Column: Sendable {
        enum Side: Sendable { case left, right }

        let title: String
        let side: Side
        /// May be cut when the terminal is narrow.
        let isFlexible: Bool
        /// Shown by `-o wide` only.
        let isExtra: Bool
        /// Shown where there is room for it, and by `-o wide`.
        var isRoomy = false
        let cell: @Sendable (Value) -> Cell

        static func text(
            _ title: String, flexible: Bool = false, extra: Bool = false,
            _ cell: @escaping @Sendable (Value) -> Cell
        ) -> Column {
            Column(title: title, side: .left, isFlexible: flexible, isExtra: extra, cell: cell)
        }

        static func number(_ title: String, extra: Bool = false, _ cell: @escaping @Sendable (Value) -> Cell)
            -> Column
        {
            Column(title: title, side: .right, isFlexible: false, isExtra: extra, cell: cell)
        }

        /// The same, where there is room for it.
        var whereItFits: Column {
            var column = self
            column.isRoomy = true
            return column
        }
    }

    /// What the values are called, for the message that there are none.
    let noun: String
    let columns: [Column]

    private let gap = 2
    /// A flexible column is not made narrower than this.
    private let least = 6

    init(_ noun: String, _ columns: [Column]) {
        self.noun = noun
        self.columns = columns
    }

    /// The heading and a line for each value, made to fit `width` (nil is no limit).
    ///
    /// `wide` shows every column, whether they fit or not.
    func lines(_ values: [Value], width: Int?, wide: Bool) -> [Line] {
        var widths: [Int] = []
        return lines(values, width: width, wide: wide, atLeast: &widths)
    }

    /// The same under columns that are no narrower than they were in `widths`, which remembers them: lines that
    /// follow later stand under the same heading.
    func lines(_ values: [Value], width: Int?, wide: Bool, atLeast kept: inout [Int]) -> [Line] {
        let shown = shown(values, width: width, wide: wide)
        let cells = values.map { value in shown.map { $0.cell(value) } }
        var widths = shown.indices.map { index in
            cells.reduce(Cell.width(of: shown[index].title)) { max($0, $1[index].width) }
        }
        if kept.count == widths.count { widths = zip(kept, widths).map { max($0, $1) } }
        if let width, !wide { shrink(&widths, of: shown, to: width) }
        kept = widths
        let heading = shown.map { Cell($0.title, .dim) }
        let lines = ([heading] + cells).map { line($0, of: shown, widths: widths) }
        return wide ? lines : lines.map { $0.cut(to: width) }
    }

    /// The columns for this width: those that are shown where they fit are shown only if nothing is cut for them.
    private func shown(_ values: [Value], width: Int?, wide: Bool) -> [Column] {
        let all = columns.filter { wide || !$0.isExtra }
        guard let width, !wide, all.contains(where: \.isRoomy) else { return all }
        let whole = all.reduce(gap * (all.count - 1)) { sum, column in
            sum + values.reduce(Cell.width(of: column.title)) { max($0, column.cell($1).width) }
        }
        return whole <= width ? all : all.filter { !$0.isRoomy }
    }

    /// Takes from the widest flexible column until all fit or none can give more.
    private func shrink(_ widths: inout [Int], of shown: [Column], to width: Int) {
        var excess = widths.reduce(0, +) + gap * (shown.count - 1) - width
        while excess > 0 {
            let giving = widths.indices.filter { shown[$0].isFlexible && widths[$0] > least }
            guard let widest = giving.max(by: { widths[$0] < widths[$1] }) else { return }
            widths[widest] -= 1
            excess -= 1
        }
    }

    private func line(_ cells: [Cell], of shown: [Column], widths: [Int]) -> Line {
        var line: Line = []
        for (index, cell) in cells.enumerated() {
            let cell = cell.cut(to: widths[index])
            let padding = Cell(String(repeating: " ", count: widths[index] - cell.width))
            let isLast = index == cells.count - 1
            line += shown[index].side == .right ? [padding, cell] : isLast ? [cell] : [cell, padding]
            if !isLast { line.append(Cell(String(repeating: " ", count: gap))) }
        }
        return line
    }
}
