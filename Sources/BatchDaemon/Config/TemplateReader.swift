import BatchCore
import ControlAPI
import Yams

extension Configuration {
    /// Reads the `csv` template of a queue; nil when it has none, and after saying what is wrong with it.
    static func readTemplate(_ queue: Section, endpoint: Endpoint?) -> CSVTemplate? {
        guard let node = queue.node("csv") else { return nil }
        let file = queue.place(of: "csv").file
        let reader = TemplateReader(path: queue.name("csv"), file: file, problems: queue.problems)
        return reader.template(node, endpoint: endpoint)
    }
}

/// Reads a template where it stands: mappings, lists and texts as YAML has them.
private struct TemplateReader {
    private static let members = ["id", "path_params", "params", "context", "stripe_version"]

    let path: String
    let file: String
    let problems: Problems

    func template(_ node: Node, endpoint: Endpoint?) -> CSVTemplate? {
        guard case .mapping(let mapping) = node else {
            complain(
                node, path,
                "must hold keys and values such as {id: \"{customer_id}\", path_params: {…}, params: {…}}")
            return nil
        }
        var found: [CSVTemplate.Member] = []
        var isGood = true
        for (key, value) in mapping {
            let name = key.scalar?.string ?? ""
            guard Self.members.contains(name) else {
                let near = nearest(to: name, among: Self.members).map { "did you mean \"\($0)\"?" }
                complain(
                    key, path,
                    "has no key \(Word(text: name, isPlain: true).shown); "
                        + (near ?? "a row has \(Self.members.joined(separator: ", "))"))
                isGood = false
                continue
            }
            if let value = read(value, "\(path).\(name)") {
                let isObject = if case .object = value { true } else { false }
                if isObject != name.hasSuffix("params") {
                    complain(
                        key, "\(path).\(name)",
                        isObject ? "must be a text such as \"{customer_id}\"" : "must hold keys and values")
                    isGood = false
                }
                found.append(CSVTemplate.Member(name, value))
            } else {
                isGood = false
            }
        }
        if !found.contains(where: { $0.key == "id" }), isGood {
            complain(node, path, "needs id: a text such as \"{customer_id}\" that is another one in each row")
            isGood = false
        }
        guard isGood else { return nil }
        return checkPath(found, endpoint, node) ? CSVTemplate(found) : nil
    }

    /// Makes sure that the template fills the endpoint's path.
    private func checkPath(_ members: [CSVTemplate.Member], _ endpoint: Endpoint?, _ node: Node) -> Bool {
        guard let endpoint else { return true }
        var given: [String] = []
        if let path = members.first(where: { $0.key == "path_params" }), case .object(let params) = path.value
        {
            given = params.map(\.key)
        }
        let missing = endpoint.placeholders.filter { !given.contains($0) }
        if !missing.isEmpty {
            complain(node, "\(path).path_params", "needs \(missing.joined(separator: ", ")), for \(endpoint)")
        }
        let extra = given.filter { !endpoint.placeholders.contains($0) }
        if !extra.isEmpty {
            complain(
                node, "\(path).path_params", "has \(extra.joined(separator: ", ")), and \(endpoint) does not")
        }
        return missing.isEmpty && extra.isEmpty
    }

    private func read(_ node: Node, _ path: String) -> CSVTemplate.Value? {
        switch node {
        case .scalar(let scalar): return read(scalar.word, node, path)
        case .sequence(let nodes):
            let values = nodes.enumerated().map { read($1, "\(path)[\($0)]") }
            return values.contains(nil) ? nil : .array(values.compactMap(\.self))
        case .mapping(let mapping):
            // {amount} without quotes is a mapping for YAML.
            if mapping.count == 1, let only = mapping.first, only.value.scalar?.string == "",
                let name = only.key.scalar?.string
            {
                complain(node, path, "needs quotes: \"{\(name)}\"; without them YAML reads keys and values")
                return nil
            }
            var members: [CSVTemplate.Member] = []
            var isGood = true
            for (key, value) in mapping {
                let name = key.scalar?.string ?? ""
                if let value = read(value, "\(path).\(name)") {
                    members.append(CSVTemplate.Member(name, value))
                } else {
                    isGood = false
                }
            }
            return isGood ? .object(members) : nil
        case .alias:
            complain(node, path, "must not be an alias")
            return nil
        }
    }

    private func read(_ word: Word, _ node: Node, _ path: String) -> CSVTemplate.Value? {
        if word.isNull { return .literal("null") }
        if word.isPlain, word.text == "true" || word.text == "false" || Int64(word.text) != nil {
            return .literal(word.text)
        }
        do throws(CSVTemplate.Value.Mistake) {
            return try CSVTemplate.Value(text: word.text)
        } catch {
            let why =
                switch error {
                case .unclosed: "has a { without its }; a brace itself is written {{"
                case .unopened: "has a } without its {; a brace itself is written }}"
                case .empty: "names no column in its braces"
                case .kind(let kind):
                    "has the unknown kind \(Word(text: kind, isPlain: true).shown); known: text, int, number, bool"
                case .joined: "joins texts: a kind or a question mark goes with a column that stands alone"
                }
            complain(node, path, why)
            return nil
        }
    }

    private func complain(_ node: Node, _ path: String, _ why: String) {
        problems.error(at: Place(file: file, mark: node.mark), "\(path) \(why)")
    }
}
