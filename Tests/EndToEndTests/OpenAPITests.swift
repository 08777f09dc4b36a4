import Foundation
import Testing

/// The description of the control socket, beside what the socket really answers.
@Suite(.serialized) struct OpenAPITests {
    @Test func everyAnswerIsAsDescribed() async throws {
        try await Site.with(queue: Queue.updates + "\n" + Queue.codes) { site in
            let input = try site.input("rows.jsonl", Rows.updates(30))
            try await site.withDaemon { _ in
                #expect(try await site.ctl("submit", "update-customers", input, "--wait").code == 0)
                let job = try #require(try await site.ctl("list", "jobs", "-o", "json").jsonLines().first)
                let document = try Description(try await site.call("GET", "/v1/openapi.json").body)
                let ids = [
                    "/v1/workloads": "w1", "/v1/batches": "b1", "/v1/queues": "update-customers",
                    "/v1/jobs": job["id"] as? String ?? "", "/v1/archive": job["id"] as? String ?? "",
                ]
                for (path, method, operation) in document.operations
                // The body of a submission is a file: others test it.
                where path != "/v1/workloads" || method == "GET" {
                    let id = ids.first { path.hasPrefix($0.key) }?.value ?? ""
                    // What there is, and what there is not. A backup is a database, and no JSON.
                    let subjects = path.contains("{id}") ? [id, "w999"] : path == "/v1/backup" ? [] : [""]
                    for id in subjects {
                        let answer = try await site.call(method, path.replacing("{id}", with: id))
                        let faults = try document.faults(of: answer, in: operation)
                        #expect(faults.isEmpty, "\(method) \(path) (\(id)): \(faults)")
                    }
                    let wrong = try await site.call(method, path.replacing("{id}", with: id) + "?no_such=1")
                    #expect(wrong.status == 400)
                    #expect(try document.faults(of: wrong, in: operation).isEmpty)
                }
            }
        }
    }
}

/// An OpenAPI document, as far as a test asks it.
private struct Description {
    let root: [String: Any]

    init(_ text: String) throws {
        root = try #require(try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
    }

    var operations: [(path: String, method: String, operation: [String: Any])] {
        let paths = root["paths"] as? [String: [String: [String: Any]]] ?? [:]
        // What lets everything go on comes after what stops it.
        return paths.flatMap { path, methods in methods.map { (path, $0.key.uppercased(), $0.value) } }
            .sorted { ($0.1, $0.0) < ($1.1, $1.0) }
    }

    /// What of an answer is not as described.
    func faults(of answer: (status: Int, body: String), in operation: [String: Any]) throws -> [String] {
        let responses = operation["responses"] as? [String: [String: Any]] ?? [:]
        guard let response = responses["\(answer.status)"] else {
            return ["status \(answer.status) is not described: \(answer.body.prefix(200))"]
        }
        let content = response["content"] as? [String: [String: Any]] ?? [:]
        if let line = content["application/jsonl"]?["itemSchema"] as? [String: Any] {
            return try answer.body.split(separator: "\n").flatMap { try faults(String($0), line) }
        }
        guard let schema = content["application/json"]?["schema"] as? [String: Any] else { return [] }
        return try faults(answer.body, schema)
    }

    private func faults(_ text: String, _ schema: [String: Any]) throws -> [String] {
        faults(try JSONSerialization.jsonObject(with: Data(text.utf8)), schema, "$")
    }

    private func faults(_ value: Any, _ schema: [String: Any], _ place: String) -> [String] {
        if let name = (schema["$ref"] as? String)?.split(separator: "/").last {
            let schemas = (root["components"] as? [String: Any])?["schemas"] as? [String: [String: Any]]
            return faults(value, schemas?[String(name)] ?? [:], place)
        }
        if let choices = schema["anyOf"] as? [[String: Any]] {
            let all = choices.map { faults(value, $0, place) }
            return all.contains(where: \.isEmpty) ? [] : all.first ?? []
        }
        let types = schema["type"] as? [String] ?? [schema["type"] as? String ?? ""]
        guard types.contains(where: { fits(value, $0) }) else { return ["\(place) is no \(types)"] }
        if let items = schema["items"] as? [String: Any], let list = value as? [Any] {
            return list.flatMap { faults($0, items, place + "[]") }
        }
        guard let members = schema["properties"] as? [String: [String: Any]],
            let object = value as? [String: Any]
        else { return [] }
        let required = schema["required"] as? [String] ?? []
        let missing = required.filter { object[$0] == nil }.map { "\(place).\($0) is missing" }
        return missing
            + object.flatMap { name, value in
                // A row's input is what was submitted: no type of ours describes it.
                members[name].map { faults(value, $0, "\(place).\(name)") }
                    ?? (name == "input" ? [] : ["\(place).\(name) is not described"])
            }
    }

    private func fits(_ value: Any, _ type: String) -> Bool {
        switch type {
        case "object": value is [String: Any]
        case "array": value is [Any]
        case "string": value is String
        case "null": value is NSNull
        case "boolean": value is Bool
        case "integer": value is Int
        case "number": value is Double || value is Int
        default: false
        }
    }
}

extension Site {
    /// One call of the control socket: the status and the body.
    fileprivate func call(_ method: String, _ path: String) async throws -> (status: Int, body: String) {
        let log = "\(folder)/\(UUID().uuidString).call"
        try await Process.run(
            "/usr/bin/curl",
            [
                "-sS", "-X", method, "--unix-socket", socket, "-w", "\n%{http_code}",
                "http://localhost\(path)",
            ], log: log)
        let text = try String(contentsOfFile: log, encoding: .utf8)
        let end = try #require(text.lastIndex(of: "\n"))
        return (try #require(Int(text[text.index(after: end)...])), String(text[..<end]))
    }
}
