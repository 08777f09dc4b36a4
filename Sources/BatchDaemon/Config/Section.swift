import ControlAPI
import Yams

/// A part of the configuration that holds keys: the root, an account, a queue's `retry`.
///
/// Every key that is asked for becomes a known key; `finish` names what nobody asked for.
final class Section {
    private struct Entry {
        let key: String
        let place: Place
        let node: Node
    }

    /// What is found under a key.
    private enum Found<Value> {
        case missing, null, wrong
        case value(Value)
    }

    /// `queues.update-customers`; empty for the root.
    let path: String
    /// Where it begins: the place of its name.
    let place: Place
    let problems: Problems
    /// True once a value was not what it must be; comparing it with others would only confuse.
    private(set) var hasMistake = false
    private var entries: [Entry] = []
    private var known: [String] = []
    private var later: [String] = []

    /// A section from its parts: several when more than one file speaks of it.
    init(path: String, place: Place, parts: [(file: String, node: Node)], problems: Problems) {
        self.path = path
        self.place = place
        self.problems = problems
        for (file, node) in parts {
            switch node {
            case .mapping(let mapping):
                for (key, value) in mapping {
                    let place = Place(file: file, mark: key.mark)
                    guard let name = key.scalar?.string else {
                        problems.error(at: place, "a key must be a word")
                        continue
                    }
                    entries.append(Entry(key: name, place: place, node: value))
                }
            case .scalar(let scalar) where scalar.word.isNull:
                continue  // `storage:` with nothing below it is a section left out.
            default:
                let name = path.isEmpty ? "the file" : path
                problems.error(
                    at: Place(file: file, mark: node.mark),
                    "\(name) must hold keys and values, not \(node.kind)"
                )
            }
        }
    }

    /// True when nothing stands in it.
    var isEmpty: Bool { entries.isEmpty }

    /// The full name of a key, as people would say it.
    func name(_ key: String) -> String { path.isEmpty ? key : "\(path).\(key)" }

    /// Where the value of `key` stands, or else the section itself.
    func place(of key: String) -> Place {
        guard let entry = entries.first(where: { $0.key == key }) else { return place }
        return Place(file: entry.place.file, mark: entry.node.mark)
    }

    /// A value that must not be null.
    func value<Value>(_ key: String, _ form: Form<Value>, default fallback: Value) -> Value {
        switch find(key, form, nullable: false) {
        case .value(let value): value
        case .missing, .null, .wrong: fallback
        }
    }

    /// A value that null switches off.
    func optional<Value>(_ key: String, _ form: Form<Value>, default fallback: Value? = nil) -> Value? {
        switch find(key, form, nullable: true) {
        case .value(let value): value
        case .null: nil
        case .missing, .wrong: fallback
        }
    }

    /// A value that must be given; nil after saying so.
    func required<Value>(_ key: String, _ form: Form<Value>) -> Value? {
        switch find(key, form, nullable: false) {
        case .value(let value): return value
        case .wrong, .null: return nil
        case .missing:
            problems.error(at: place, "\(path) needs \(key): \(form.expected)")
            return nil
        }
    }

    /// The section under `key`; empty when there is none. Parts from several files are joined.
    func section(_ key: String) -> Section {
        known.append(key)
        let found = entries.filter { $0.key == key }
        return Section(
            path: name(key), place: found.first?.place ?? place,
            parts: found.map { ($0.place.file, $0.node) }, problems: problems
        )
    }

    /// What stands under `key`, for those who read it in a way of their own; nil when it is left out or null.
    func node(_ key: String) -> Node? {
        known.append(key)
        let found = entries.filter { $0.key == key }
        for other in found.dropFirst() {
            problems.error(at: other.place, "\(name(key)) is already set at \(found[0].place)")
        }
        return isOff(key) ? nil : found.first?.node
    }

    /// True when `key` is switched off: it stands there, and is null.
    func isOff(_ key: String) -> Bool {
        entries.first { $0.key == key }?.node.scalar?.word.isNull == true
    }

    /// The sections in the list under `key`; none when it is left out or null.
    func list(_ key: String) -> [Section] {
        known.append(key)
        let found = entries.filter { $0.key == key }
        guard let entry = found.first else { return [] }
        for other in found.dropFirst() {
            problems.error(at: other.place, "\(name(key)) is already set at \(entry.place)")
        }
        guard case .sequence(let nodes) = entry.node else {
            if entry.node.scalar?.word.isNull != true {
                problems.error(at: place(of: key), "\(name(key)) must be a list, not \(entry.node.kind)")
                hasMistake = true
            }
            return []
        }
        return nodes.enumerated().map { index, node in
            Section(
                path: "\(name(key))[\(index)]", place: Place(file: entry.place.file, mark: node.mark),
                parts: [(entry.place.file, node)], problems: problems)
        }
    }

    /// The sections under all keys, whose names are the user's own. A name given twice is an error.
    func namedSections() -> [(name: String, section: Section)] {
        var seen: [String: Place] = [:]
        var sections: [(String, Section)] = []
        for entry in entries {
            if let first = seen[entry.key] {
                problems.error(at: entry.place, "\(name(entry.key)) is already defined at \(first)")
                continue
            }
            seen[entry.key] = entry.place
            let section = Section(
                path: name(entry.key), place: entry.place, parts: [(entry.place.file, entry.node)],
                problems: problems
            )
            sections.append((entry.key, section))
        }
        return sections
    }

    /// Names keys that are promised, but do not work in this version.
    func notYet(_ keys: String...) {
        later += keys
    }

    /// Reports every key that nobody asked for.
    func finish(version: String) {
        for entry in entries where !known.contains(entry.key) {
            if later.contains(entry.key) {
                problems.error(at: entry.place, "\(name(entry.key)) is not supported yet in \(version)")
                continue
            }
            let advice =
                if let near = nearest(to: entry.key, among: known + later) {
                    "did you mean \"\(near)\"?"
                } else {
                    "known keys: \(known.joined(separator: ", "))"
                }
            let parent = path.isEmpty ? "" : " in \(path)"
            let word = Word(text: entry.key, isPlain: true)
            problems.error(at: entry.place, "unknown key \(word.shown)\(parent); \(advice)")
        }
    }

    private func find<Value>(_ key: String, _ form: Form<Value>, nullable: Bool) -> Found<Value> {
        known.append(key)
        let found = entries.filter { $0.key == key }
        guard let entry = found.first else { return .missing }
        for other in found.dropFirst() {
            problems.error(at: other.place, "\(name(key)) is already set at \(entry.place)")
        }
        let place = place(of: key)
        guard let word = entry.node.scalar?.word else {
            problems.error(at: place, "\(name(key)) must be \(form.expected), not \(entry.node.kind)")
            hasMistake = true
            return .wrong
        }
        if word.isNull, nullable { return .null }
        if let value = word.isNull ? nil : form.read(word) { return .value(value) }
        let alternative = nullable ? ", or null" : ""
        let shown = word.isNull ? "null" : word.shown
        problems.error(at: place, "\(name(key)) must be \(form.expected)\(alternative), not \(shown)")
        hasMistake = true
        return .wrong
    }
}

extension Place {
    /// The place of a mark; the start of the file when there is none.
    init(file: String, mark: Mark?) {
        self.init(file: file, line: mark?.line ?? 1, column: mark?.column ?? 1)
    }
}

extension Node {
    var kind: String {
        switch self {
        case .mapping: "keys and values"
        case .sequence: "a list"
        case .scalar(let scalar): scalar.word.isNull ? "null" : scalar.word.shown
        case .alias: "an alias"
        }
    }
}

extension Node.Scalar {
    var word: Word {
        Word(text: string, isPlain: style == .plain || style == .any)
    }
}
