import Foundation

/// The Swift files below a folder of this package.
struct Tree {
    static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().path()

    let files: [SourceFile]

    init(below folder: String) {
        let paths = FileManager.default.subpaths(atPath: "\(Self.root)/\(folder)") ?? []
        files = paths.filter { $0.hasSuffix(".swift") }.sorted().compactMap {
            SourceFile(path: "\(folder)/\($0)")
        }
    }
}

/// One Swift file, as text.
struct SourceFile {
    let path: String
    let module: String
    let lines: [String]

    init?(path: String) {
        guard let text = try? String(contentsOfFile: "\(Tree.root)/\(path)", encoding: .utf8) else {
            return nil
        }
        self.path = path
        module = String(path.split(separator: "/")[1])
        lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    }

    /// Lines that are not comments, numbered from 1.
    var code: [(number: Int, line: String)] {
        lines.enumerated().compactMap { index, line in
            line.trimmingCharacters(in: .whitespaces).hasPrefix("//") ? nil : (index + 1, line)
        }
    }

    var imports: [String] {
        code.compactMap { _, line in
            line.firstMatch(
                of: /^(?:package |public |@testable )?import (?:struct |class |enum |func )?(\w+)/
            ).map {
                String($0.1)
            }
        }
    }

    /// Functions and initializers, from their first line to the brace that closes them at the same indentation.
    var functions: [(line: Int, length: Int)] {
        var found: [(Int, Int)] = []
        for (index, line) in lines.enumerated() {
            let text = line.drop { $0 == " " }
            let beginsWithInit = ["init(", "init?(", "init<"].contains {
                text.contains(" \($0)") || text.hasPrefix($0)
            }
            guard !text.hasPrefix("//"), text.contains("func ") || beginsWithInit else { continue }
            let closing = String(repeating: " ", count: line.count - text.count) + "}"
            if let end = lines[index...].firstIndex(of: closing) {
                found.append((index + 1, end - index + 1))
            }
        }
        return found
    }

    /// Lines that declare something for the package, without `///` above.
    var undocumentedDeclarations: [Int] {
        lines.indices.filter { index in
            let text = lines[index].drop { $0 == " " }
            guard text.hasPrefix("package "), !text.hasPrefix("package import"),
                !text.hasPrefix("package init(from"),
                !text.hasPrefix("package subscript(_")
            else { return false }
            var above = index - 1
            while above >= 0, lines[above].drop(while: { $0 == " " }).hasPrefix("@") { above -= 1 }
            return above < 0 || !lines[above].drop { $0 == " " }.hasPrefix("///")
        }.map { $0 + 1 }
    }
}

extension String {
    func containsAny(of words: [String]) -> Bool {
        words.contains { contains($0) }
    }
}
