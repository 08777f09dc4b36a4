import BatchCore
import ControlAPI
import HTTPTypes
import Hummingbird
import HummingbirdCore

/// One call of a route, with its parameters read and checked for being known.
struct Call: Sendable {
    let body: RequestBody
    /// The id in the path; empty for routes without one.
    let id: String
    private let values: [QueryName: String]

    /// Refuses parameters that the route does not have, and those that come twice.
    init(uri: URI, id: String, body: RequestBody, accepts names: [QueryName]) throws {
        self.body = body
        self.id = id
        var values: [QueryName: String] = [:]
        for (key, value) in uri.queryParameters {
            guard let name = QueryName(rawValue: String(key)), names.contains(name) else {
                throw Self.unknown(String(key), known: names.map(\.rawValue))
            }
            guard values.updateValue(String(value), forKey: name) == nil else {
                throw Refusal(.badRequest, "bad_parameter", "\(key) is given twice.")
            }
        }
        self.values = values
    }

    private static func unknown(_ word: String, known: [String]) -> Refusal {
        let hint =
            if let near = nearest(to: word, among: known) {
                "Did you mean \(near)?"
            } else if known.isEmpty {
                "This path takes no parameters."
            } else {
                "This path takes: \(known.joined(separator: ", "))."
            }
        let message = "There is no parameter \(Refusal.shown(word)) here."
        return Refusal(.badRequest, "unknown_parameter", message, hint: hint)
    }

    /// The text of a parameter; nil when it is missing or empty.
    func text(_ name: QueryName) -> String? {
        values[name].flatMap { $0.isEmpty ? nil : $0 }
    }

    /// A switch: missing means false; present without a value means true.
    func flag(_ name: QueryName) throws -> Bool {
        switch values[name] {
        case nil, "false": false
        case "", "true": true
        case let value?: throw Refusal.badParameter(name, value, expected: "true or false")
        }
    }

    /// A whole number, 0 or more.
    func number(_ name: QueryName) throws -> Int64? {
        guard let text = text(name) else { return nil }
        guard let number = Int64(text), number >= 0 else {
            throw Refusal.badParameter(name, text, expected: "a whole number, 0 or more")
        }
        return number
    }

    /// A moment, as RFC 3339.
    func moment(_ name: QueryName) throws -> Timestamp? {
        guard let text = text(name) else { return nil }
        guard let moment = Timestamp(rfc3339: text) else {
            throw Refusal.badParameter(name, text, expected: "a time such as 2026-03-09T20:00:00Z")
        }
        return moment
    }

    /// One of the words that `read` knows.
    func word<Value>(_ name: QueryName, of words: [String], read: (String) -> Value?) throws -> Value? {
        guard let text = text(name) else { return nil }
        guard let value = read(text) else {
            throw Refusal.badParameter(
                name, text, expected: "one of \(words.joined(separator: ", "))",
                hint: nearest(to: text, among: words).map { "Did you mean \($0)?" })
        }
        return value
    }
}
