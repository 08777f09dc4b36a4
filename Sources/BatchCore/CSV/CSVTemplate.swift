/// How a line of CSV becomes a row: JSON whose texts name columns.
///
/// `"{name}"` is a text; `"{amount:int}"`, `"{rate:number}"` and `"{flag:bool}"` are written without quotes;
/// `"{note?}"` is left out when the field is empty. Braces within other text join texts: `"cus_{id}"`. `{{` and `}}` are
/// braces themselves.
package struct CSVTemplate: Hashable, Sendable {
    /// What stands at one place.
    package indirect enum Value: Hashable, Sendable {
        /// JSON as it is.
        case literal(String)
        case text([Part])
        case column(Column)
        case object([Member])
        case array([Value])
    }

    /// A piece of a text.
    package enum Part: Hashable, Sendable {
        case literal(String)
        case column(String)
    }

    /// The field of a column as a whole value.
    package struct Column: Hashable, Sendable {
        /// How a field is written in JSON. The raw value stands behind the colon.
        package enum Kind: String, Hashable, Sendable, CaseIterable {
            case text, int, number, bool
        }

        /// Its name in the header.
        package var name: String
        /// What a field of it becomes.
        package var kind: Kind
        /// An empty field leaves the member out.
        package var isOptional: Bool

        /// A column.
        package init(name: String, kind: Kind = .text, isOptional: Bool = false) {
            self.name = name
            self.kind = kind
            self.isOptional = isOptional
        }
    }

    /// A key with its value.
    package struct Member: Hashable, Sendable {
        /// The key.
        package var key: String
        /// What stands behind it.
        package var value: Value

        /// A member.
        package init(_ key: String, _ value: Value) {
            self.key = key
            self.value = value
        }
    }

    /// The members of a row.
    package var members: [Member]

    /// A template of these members.
    package init(_ members: [Member]) {
        self.members = members
    }

    /// All columns it names, each once, in their order.
    package var columns: [String] {
        var names: [String] = []
        Value.object(members).visit { if !names.contains($0) { names.append($0) } }
        return names
    }
}

extension CSVTemplate.Value {
    /// Why a text is no part of a template, as the end of a sentence.
    package enum Mistake: Error, Hashable {
        case unclosed, unopened, empty
        case kind(String)
        /// A kind or a question mark within other text.
        case joined
    }

    /// Reads a text of the template.
    package init(text: String) throws(Mistake) {
        var parts: [CSVTemplate.Part] = []
        var literal = ""
        var rest = Substring(text)
        while let first = rest.first {
            rest = rest.dropFirst()
            if rest.first == first, first == "{" || first == "}" {
                literal.append(first)
                rest = rest.dropFirst()
            } else if first == "{" {
                guard let close = rest.firstIndex(of: "}") else { throw .unclosed }
                let inside = String(rest[..<close])
                rest = rest[rest.index(after: close)...]
                let column = try CSVTemplate.Column(inside)
                if parts.isEmpty, literal.isEmpty, rest.isEmpty {
                    self = .column(column)
                    return
                }
                guard column == CSVTemplate.Column(name: column.name) else { throw .joined }
                if !literal.isEmpty { parts.append(.literal(literal)) }
                literal = ""
                parts.append(.column(column.name))
            } else if first == "}" {
                throw .unopened
            } else {
                literal.append(first)
            }
        }
        if !literal.isEmpty { parts.append(.literal(literal)) }
        self = .text(parts)
    }

    fileprivate func visit(_ body: (String) -> Void) {
        switch self {
        case .literal: break
        case .column(let column): body(column.name)
        case .text(let parts):
            for case .column(let name) in parts { body(name) }
        case .object(let members): for member in members { member.value.visit(body) }
        case .array(let values): for value in values { value.visit(body) }
        }
    }
}

extension CSVTemplate.Column {
    fileprivate init(_ inside: String) throws(CSVTemplate.Value.Mistake) {
        var text = inside[...]
        let isOptional = text.hasSuffix("?")
        if isOptional { text = text.dropLast() }
        var kind = Kind.text
        if let colon = text.lastIndex(of: ":") {
            let word = String(text[text.index(after: colon)...])
            guard let known = Kind(rawValue: word) else { throw .kind(word) }
            kind = known
            text = text[..<colon]
        }
        guard !text.isEmpty, !text.contains("{") else { throw text.isEmpty ? .empty : .unclosed }
        self.init(name: String(text), kind: kind, isOptional: isOptional)
    }
}
