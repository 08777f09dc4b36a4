import Foundation
import Testing

@testable import StripeSimulator

/// `Sources/StripeSimulator/README.md` is about the simulator as it is.
@Suite struct ScenarioReferenceTests {
    private static let sources = URL(filePath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent().appending(path: "Sources/StripeSimulator")

    private static func text(_ path: String) throws -> String {
        try String(contentsOf: sources.appending(path: path), encoding: .utf8)
    }

    /// Rows of the table under a heading: the names in the first cell, and the rest.
    private func table(_ heading: String) throws -> [(names: [String], meaning: String)] {
        let page = try Self.text("README.md")
        let section = try #require(
            page.components(separatedBy: "\n## ").first { $0.hasPrefix(heading + "\n") })
        return section.split(separator: "\n").compactMap { line in
            guard line.hasPrefix("| `") else { return nil }
            let cells = line.split(separator: "|")
            return (quoted(String(cells[0])), String(cells[1]))
        }
    }

    private func quoted(_ text: String) -> [String] {
        text.matches(of: /`([^`]+)`/).map { String($0.1) }
    }

    private func meaning(_ heading: String, _ member: String) throws -> Set<String> {
        Set(quoted(try #require(try table(heading).first { $0.names.contains(member) }).meaning))
    }

    @Test func eachMemberIsNamedOnceAndNoOther() throws {
        func check(_ heading: String, _ keys: [any CodingKey]) throws {
            #expect(try table(heading).flatMap(\.names).sorted() == keys.map(\.stringValue).sorted())
        }
        try check("rows", RowRule.CodingKeys.allCases)
        try check("wire", WireFault.CodingKeys.allCases)
        try check("jobs", JobFault.CodingKeys.allCases)
        try check("events", EventFault.CodingKeys.allCases)
        try check("limits", Limits.CodingKeys.allCases)
        try check("quirks", Quirks.CodingKeys.allCases)
    }

    @Test func eachValueIsNamed() throws {
        #expect(try meaning("wire", "on") == Set(WireFault.Target.allCases.map(\.rawValue)))
        #expect(try meaning("wire", "action") == Set(WireFault.Action.allCases.map(\.rawValue)))
        #expect(try meaning("wire", "body").isSuperset(of: WireFault.Body.allCases.map(\.rawValue)))
        let lines = Set(RowRule.LineFault.allCases.map(\.rawValue))
        #expect(try meaning("rows", "line") == lines)
    }

    @Test func theFirstValueOfAQuirkIsItsDefault() throws {
        let defaults = try #require(JSONValue(parsing: JSONValue.encode(Quirks()))?.object)
        for row in try table("quirks") {
            let first = try #require(quoted(row.meaning).first)
            for name in row.names {
                let value: JSONValue = first == "false" ? false : .string(first)
                #expect(defaults[name] == value, "\(name)")
            }
        }
    }

    @Test func theExampleIsAScenario() throws {
        let page = try Self.text("README.md")
        let example = try #require(page.firstMatch(of: /```json\n([^`]+)```/)).1
        let scenario = try Scenario(json: Data(example.utf8))
        #expect(scenario.rows.count == 3 && scenario.wire.count == 3)
        #expect(scenario.jobs.count == 2 && scenario.events.count == 2 && scenario.quirks.count == 2)
    }

    @Test func eachControlIsNamed() throws {
        let routes = try Self.text("Server/ControlRoutes.swift").matches(
            of: /controls\.(get|post|delete)\("([^"]+)"\)/
        ).map { "\($0.1.uppercased()) /_sim/\($0.2)" }
        #expect(try table("Controls").flatMap(\.names).sorted() == routes.sorted())
        let index = Set(
            ControlRoutes.index.split(separator: "\n").map { line in
                line.split(separator: " ").prefix(2).joined(separator: " ")
            })
        #expect(index.isSuperset(of: routes))
    }
}
