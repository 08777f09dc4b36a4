import ControlAPI
import Foundation
import HTTPTypes
import Hummingbird
import NIOCore
import Synchronization

/// The routes that were added, and what each takes: the description is made of what is really there.
final class RouteList: Sendable {
    /// One route.
    struct Entry: Hashable, Sendable {
        let method: String
        /// As OpenAPI writes it: `/v1/workloads/{id}`.
        let path: String
        let names: [QueryName]
        var call: String { "\(method) \(path)" }
    }

    private let list = Mutex<[Entry]>([])

    var entries: [Entry] { list.withLock { $0 } }

    /// The methods that a path takes; empty when there is no such path.
    func methods(of path: String) -> [String] {
        let parts = path.split(separator: "/")
        return entries.filter { entry in
            let wanted = entry.path.split(separator: "/")
            return wanted.count == parts.count && zip(wanted, parts).allSatisfy { $0 == "{id}" || $0 == $1 }
        }.map(\.method)
    }

    func add(_ method: HTTPRequest.Method, _ path: String, _ names: [QueryName]) {
        let path = path.replacing(":id", with: "{id}")
        list.withLock { $0.append(Entry(method: method.rawValue, path: path, names: names)) }
    }
}

/// `/v1/openapi.json`: the description of the control socket.
struct OpenAPI {
    func add(to router: ControlRouter) {
        let routes = router.routes
        router.get(Routes.openAPI) { _ in
            let options: JSONSerialization.WritingOptions = [
                .prettyPrinted, .sortedKeys, .withoutEscapingSlashes,
            ]
            let bytes = try JSONSerialization.data(
                withJSONObject: Self.document(routes.entries), options: options)
            return Response(
                status: .ok, headers: [.contentType: "application/json"],
                body: ResponseBody(byteBuffer: ByteBuffer(bytes: bytes + [UInt8(ascii: "\n")])))
        }
    }

    /// The whole document. A route that nobody described is there all the same, without a summary.
    static func document(_ routes: [RouteList.Entry]) -> [String: Any] {
        let probe = SchemaProbe()
        let errors = probe.schema(of: ErrorBody.self)
        var paths: [String: [String: Any]] = [:]
        for route in routes {
            let operation = describe(route, Operation.all[route.call], probe, errors)
            paths[route.path, default: [:]][route.method.lowercased()] = operation
        }
        return [
            "openapi": "3.1.0",
            "info": [
                "title": "batchd", "version": batchdVersion,
                "description":
                    "The control socket of batchd: HTTP/1.1 and JSON on a Unix socket. Readers ignore members "
                    + "that they do not know.",
            ],
            "servers": [["url": "http://localhost"]],
            "paths": paths,
            "components": ["schemas": probe.schemas],
        ]
    }

    private static func describe(
        _ route: RouteList.Entry, _ operation: Operation?, _ probe: SchemaProbe, _ errors: [String: Any]
    ) -> [String: Any] {
        var parameters = route.names.map { name -> [String: Any] in
            let (text, type, format) = name.described
            var schema: [String: Any] = ["type": type]
            if let format { schema["format"] = format }
            if name == .since { schema["minimum"] = 0 }
            if name == .format { schema["enum"] = ["jsonl", "csv"] }
            if name == .state, let states = Operation.states[route.path] { schema["enum"] = states }
            return ["name": name.rawValue, "in": "query", "description": text, "schema": schema]
        }
        let hasID = route.path.contains("{id}")
        if hasID {
            parameters.insert(
                ["name": "id", "in": "path", "required": true, "schema": ["type": "string"]], at: 0)
        }
        guard let operation else { return ["summary": "", "parameters": parameters, "responses": [:]] }
        var responses: [String: Any] = [:]
        for status in operation.good {
            responses["\(status)"] = [
                "description": "It is so", "content": content(operation.answer, route.names, probe),
            ]
        }
        let names = Set(route.names)
        let mayBeMissing = hasID || !names.isDisjoint(with: [.queue, .workload, .id])
        // What changes something is for those who may, on a live account with its name.
        let mayBeForbidden = route.method == "POST"
        for status in [400] + (mayBeForbidden ? [403] : []) + (mayBeMissing ? [404] : []) + operation.bad {
            responses["\(status)"] = [
                "description": reason(status), "content": ["application/json": ["schema": errors]],
            ]
        }
        var description: [String: Any] = [
            "summary": operation.summary, "operationId": operationID(route), "parameters": parameters,
            "responses": responses,
        ]
        switch operation.body {
        case .none: break
        case .rows:
            description["requestBody"] = [
                "required": true,
                "content": [
                    "application/jsonl": ["schema": ["type": "string"]],
                    "text/csv": ["schema": ["type": "string"]],
                ],
            ]
        case .document(let type):
            description["requestBody"] = [
                "required": false, "content": ["application/json": ["schema": probe.schema(of: type)]],
            ]
        }
        return description
    }

    private static func content(
        _ answer: Operation.Answer, _ names: [QueryName], _ probe: SchemaProbe
    ) -> [String: Any] {
        switch answer {
        case .document(let type): return ["application/json": ["schema": probe.schema(of: type)]]
        case .either(let one, let other):
            let choices = [probe.schema(of: one), probe.schema(of: other)]
            return ["application/json": ["schema": ["anyOf": choices]]]
        // The schema is that of a line.
        case .lines(let type): return ["application/jsonl": ["itemSchema": probe.schema(of: type)]]
        case .text: return ["text/plain; charset=utf-8": ["schema": ["type": "string"]]]
        case .bytes(let type):
            let plain: [String: Any] = [type: [:] as [String: Any]]
            guard names.contains(.stored) else { return plain }
            return plain.merging(["application/zstd": [:] as [String: Any]]) { $1 }
        }
    }

    private static func reason(_ status: Int) -> String {
        switch status {
        case 400: "The request is wrong"
        case 403: "A live account: the workload's name must confirm it"
        case 404: "There is no such thing"
        case 409: "It is refused: a duplicate, a policy, the wrong state"
        case 413: "The body is too large"
        case 422: "Rows are not good"
        case 500: "The archive is damaged, or the daemon is at fault"
        case 503: "Not now: try again"
        default: "It is refused"
        }
    }

    /// `getWorkloadsRows`.
    private static func operationID(_ route: RouteList.Entry) -> String {
        let words = route.path.split { $0 == "/" || $0 == "." }.filter { $0 != "v1" }
            .map { $0 == "{id}" ? "one" : String($0) }
        return words.reduce(route.method.lowercased()) { $0 + $1.prefix(1).uppercased() + $1.dropFirst() }
    }
}
