/// Where in a configuration file something stands.
package struct Place: Hashable, Sendable, CustomStringConvertible {
    /// The file's path.
    package let file: String
    /// Counted from 1.
    package let line: Int
    /// Counted from 1, in characters.
    package let column: Int

    /// A place in a file.
    package init(file: String, line: Int, column: Int) {
        self.file = file
        self.line = line
        self.column = column
    }

    /// `file:line:column`, which editors and terminals can jump to.
    package var description: String { "\(file):\(line):\(column)" }
}

/// Something wrong in the configuration, said to a person. It never shows a secret.
package struct Problem: Hashable, Sendable, CustomStringConvertible {
    /// Whether the daemon can run in spite of it.
    package enum Severity: Hashable, Sendable {
        case error, warning
    }

    /// Whether the daemon can run in spite of it.
    package let severity: Severity
    /// Where; nil when it is about no place in a file.
    package let place: Place?
    /// What is wrong, and what to write instead.
    package let message: String

    /// What to do, where the message does not say it; problems with a key always have it.
    package let remedy: String?
    /// Whether it is about a key file, and not about what is written in the configuration.
    package let isAboutKey: Bool

    /// A problem at a place; `keyRemedy` is what to do about a key file.
    package init(
        _ severity: Severity = .error, at place: Place?, _ message: String, keyRemedy: String? = nil
    ) {
        self.severity = severity
        self.place = place
        self.message = message
        remedy = keyRemedy
        isAboutKey = keyRemedy != nil
    }

    /// `file:line:column: message`, as compilers write it.
    package var description: String {
        [place?.description, severity == .warning ? "warning" : nil, message]
            .compactMap { $0 }.joined(separator: ": ")
    }
}

/// A configuration that the daemon refuses to run on.
package struct ConfigurationError: Error, CustomStringConvertible {
    /// Everything that was found, errors and warnings, in the order of the files.
    package let problems: [Problem]

    /// One problem a line.
    package var description: String {
        problems.map(\.description).joined(separator: "\n")
    }
}

/// Gathers problems, so that all of them can be shown at once.
final class Problems {
    private(set) var list: [Problem] = []

    func error(at place: Place?, _ message: String, keyRemedy: String? = nil) {
        list.append(Problem(.error, at: place, message, keyRemedy: keyRemedy))
    }

    func warn(at place: Place?, _ message: String, keyRemedy: String? = nil) {
        list.append(Problem(.warning, at: place, message, keyRemedy: keyRemedy))
    }

    /// In the order in which the files were read, and in each file from top to bottom.
    func sorted(files: [String]) -> [Problem] {
        func rank(_ problem: Problem) -> (Int, Int, Int) {
            guard let place = problem.place else { return (-1, 0, 0) }
            return (files.firstIndex(of: place.file) ?? files.count, place.line, place.column)
        }
        return list.sorted { rank($0) < rank($1) }
    }
}
