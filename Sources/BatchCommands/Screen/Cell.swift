/// A piece of text and what its colour would say.
struct Cell: Hashable, Sendable {
    enum Style: Hashable, Sendable {
        case plain, good, bad, warning, dim
    }

    /// Without anything that could move the cursor.
    let text: String
    let style: Style

    /// A cell that shows `text`, with control characters made visible: names and messages come from others.
    init(_ text: String, _ style: Style = .plain) {
        self.text = Self.visible(text)
        self.style = style
    }

    /// A workload's, batch's, job's or row's state.
    init(state: String) {
        let style: Style =
            switch state {
            case "finished", "succeeded", "settled", "complete": .good
            case "failed", "validation_failed", "batch_failed", "timeout", "upload_timeout": .bad
            case "held", "paused", "released": .warning
            case "canceled", "cancelled": .dim
            default: .plain
            }
        self.init(state, style)
    }

    /// A count that matters when it is not 0.
    init(count: Int, style: Style) {
        self.init(Human.count(count), count == 0 ? .plain : style)
    }

    static let none = Cell("-", .dim)

    /// The text, or a dash when there is none.
    init(orNone text: String?) {
        if let text { self.init(text) } else { self = .none }
    }

    var width: Int { Self.width(of: text) }

    /// At most `columns` wide, with a mark where something was left out.
    func cut(to columns: Int) -> Cell {
        guard width > columns else { return self }
        guard columns > 0 else { return Cell("", style) }
        var kept = ""
        var used = 0
        for character in text {
            let next = Self.width(of: character)
            guard used + next <= columns - 1 else { break }
            kept.append(character)
            used += next
        }
        return Cell(kept + "…", style)
    }

    func painted(_ colour: Bool) -> String {
        guard colour, !text.isEmpty else { return text }
        let code =
            switch style {
            case .plain: ""
            case .good: "32"
            case .bad: "31"
            case .warning: "33"
            case .dim: "2"
            }
        return code.isEmpty ? text : "\u{1B}[\(code)m\(text)\u{1B}[0m"
    }

    /// How many columns a terminal gives to `text`.
    static func width(of text: String) -> Int {
        text.reduce(0) { $0 + width(of: $1) }
    }

    private static func width(of character: Character) -> Int {
        guard let first = character.unicodeScalars.first else { return 0 }
        // The ranges that terminals draw two columns wide: East Asian text and pictures.
        return switch first.value {
        case 0x1100...0x115F, 0x2E80...0xA4CF, 0xAC00...0xD7A3, 0xF900...0xFAFF, 0xFE30...0xFE6F,
            0xFF00...0xFF60, 0xFFE0...0xFFE6, 0x1F300...0x1FAFF, 0x20000...0x3FFFD:
            2
        default: 1
        }
    }

    private static func visible(_ text: String) -> String {
        guard text.unicodeScalars.contains(where: isUnsafe) else { return text }
        var safe = ""
        for scalar in text.unicodeScalars {
            safe.unicodeScalars.append(isUnsafe(scalar) ? "\u{FFFD}" : scalar)
        }
        return safe
    }

    /// Controls, and the marks that turn the direction of text round.
    private static func isUnsafe(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0..<0x20, 0x7F..<0xA0, 0x200E...0x200F, 0x2028...0x202E, 0x2066...0x2069: true
        default: false
        }
    }
}

/// One line of the screen.
typealias Line = [Cell]

extension Line {
    var width: Int { reduce(0) { $0 + $1.width } }

    func painted(_ colour: Bool) -> String {
        map { $0.painted(colour) }.joined()
    }

    /// At most `columns` wide; nil is no limit.
    func cut(to columns: Int?) -> Line {
        guard let columns, width > columns else { return self }
        var left = columns
        var kept: Line = []
        for cell in self where left > 0 {
            // A mark belongs at the end even if this cell fits exactly: more was to come.
            kept.append(cell.width < left ? cell : Cell(cell.text + "…", cell.style).cut(to: left))
            left -= cell.width
        }
        return kept
    }

    /// The same text on as many lines as it takes, broken between words, under where it began; nil is no limit.
    func wrapped(to columns: Int?) -> [Line] {
        guard let columns, width > columns else { return [self] }
        let indent = Cell(String(repeating: " ", count: hanging))
        var lines: [Line] = [[]]
        for cell in self {
            for (index, word) in cell.text.split(separator: " ", omittingEmptySubsequences: false)
                .enumerated()
            {
                let isFirst = lines[lines.count - 1].isEmpty
                let spaced = Cell((index > 0 ? " " : "") + word, cell.style)
                if index > 0, !isFirst, lines[lines.count - 1].width + spaced.width > columns {
                    lines.append([indent, Cell(String(word), cell.style)])
                } else {
                    lines[lines.count - 1].append(spaced)
                }
            }
        }
        return lines
    }

    /// Where the text begins behind what stands in front of it with a gap: spaces, or a label and two of them.
    private var hanging: Int {
        let text = map(\.text).joined()
        let front = [Character](text.prefix(24))
        let gap = front.indices.dropFirst().last { front[$0] == " " && front[$0 - 1] == " " }
        return gap.map { Cell.width(of: String(front[...$0])) } ?? 0
    }
}
