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
            guard let match = line.firstMatch(of: /^( *)(?:[a-z@]+(?:\([a-z]+\))? )*(?:func \w|init[?(<])/)
            else {
                continue
            }
            let closing = match.1 + "}"
            if let end = lines[index...].firstIndex(where: { $0 == closing }) {
                found.append((index + 1, end - index + 1))
            }
        }
        return found
    }

    /// Lines that declare something for the package, or a case of such an enum, without `///` above.
    var undocumentedDeclarations: [Int] {
        lines.indices.compactMap { index in
            guard lines[index].contains(/^ *package (?!import|init\(from|subscript\(_)/),
                !lines[index].contains("package extension")
            else { return nil }
            var above = index - 1
            while above >= 0, lines[above].contains(/^ *@/) { above -= 1 }
            let isDocumented =
                above >= 0 && lines[above].trimmingCharacters(in: .whitespaces).hasPrefix("///")
            return isDocumented ? nil : index + 1
        }
    }
}
