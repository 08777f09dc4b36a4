import Env
import Yams

/// Reads one YAML file into nodes that know where they stand.
enum YAMLFile {
    /// The root of the file at `path`; nil after reporting why not, and for an empty file.
    static func read(_ path: String, problems: Problems) -> Node? {
        let text: String
        do {
            let bytes = try FileSystem.contents(of: path)
            guard let valid = String(validating: bytes, as: UTF8.self) else {
                problems.error(at: Place(file: path, mark: nil), "the file is not UTF-8")
                return nil
            }
            text = valid
        } catch {
            problems.error(at: nil, "cannot read the configuration: \(error)")
            return nil
        }
        do {
            return try Parser(yaml: text, encoding: .utf8).singleRoot()
        } catch let error as YamlError {
            report(error, in: text, path: path, problems: problems)
        } catch {
            problems.error(at: Place(file: path, mark: nil), "not valid YAML")
        }
        return nil
    }

    private static func report(_ error: YamlError, in text: String, path: String, problems: Problems) {
        switch error {
        case .scanner(let context, let problem, let mark, _), .parser(let context, let problem, let mark, _),
            .composer(let context, let problem, let mark, _):
            let message = [context?.text, problem].compactMap { $0 }.joined(separator: ", ")
            problems.error(at: Place(file: path, mark: mark), "not valid YAML: \(message)")
        case .reader(let problem, _, _, _):
            problems.error(at: Place(file: path, mark: nil), "not valid YAML: \(problem)")
        case .duplicatedKeysInMapping(let keys, let context):
            let first = Place(file: path, mark: context.mark)
            let key = keys.first ?? ""
            let shown = Word(text: key, isPlain: true).shown
            if let second = place(ofSecond: key, after: first, in: text) {
                problems.error(at: second, "\(shown) is already set at \(first)")
            } else {
                problems.error(at: first, "\(shown) is set twice")
            }
        default:
            problems.error(at: Place(file: path, mark: nil), "not valid YAML")
        }
    }

    /// Yams tells where the first of two equal keys stands. The second is the next line
    /// that begins with it in the same column, unless the mapping is written in braces.
    private static func place(ofSecond key: String, after first: Place, in text: String) -> Place? {
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        for (index, line) in lines.enumerated().dropFirst(first.line) {
            let indent = line.prefix { $0 == " " }.count
            let rest = line.dropFirst(indent).drop { $0 == "\"" || $0 == "'" }
            if indent == first.column - 1, rest.hasPrefix(key),
                [":", "\"", "'", " "].contains(rest.dropFirst(key.count).first)
            {
                return Place(file: first.file, line: index + 1, column: first.column)
            }
        }
        return nil
    }
}
