import Foundation
import Testing

@testable import StripeSimulator

/// A simulator whose clock stands still, and shorthands to talk to it.
final class Bench: Sendable {
    let simulator: Simulator
    let directory: String

    init(
        rowsPerSecond: Double? = nil, scenario: String = "{}", seed: UInt64 = 7
    ) throws {
        directory = FileManager.default.temporaryDirectory.path + "/simulator-\(UUID().uuidString)"
        simulator = try Simulator(
            options: .init(
                directory: directory, seed: seed, rowsPerSecond: rowsPerSecond,
                scenario: try Scenario(json: Data(scenario.utf8))),
            clock: SimulatedClock(start: Self.start, scale: 0) { .zero })
    }

    static let start = SimulatedTime(milliseconds: 1_773_089_731_000)

    deinit {
        // `try?`: a temporary folder that stays behind harms nobody.
        try? FileManager.default.removeItem(atPath: directory)
    }

    static func caller(_ version: String = "2026-09-30.preview", key: String? = nil) throws -> Caller {
        Caller(
            apiKey: "sk_test_bench", context: nil, rules: try #require(VersionRules.of(version)),
            base: "http://localhost", idempotencyKey: key)
    }

    static func body(
        _ path: String = "/v1/customers/:customer", method: String = "post", skipValidation: Bool = false
    ) -> JSONValue {
        [
            "endpoint": ["path": .string(path), "http_method": .string(method)],
            "skip_validation": .bool(skipValidation), "metadata": [:],
        ]
    }

    /// Rows `r-0`, `r-1`, … for customers of their own.
    static func customers(_ count: Int) -> String {
        (0..<count).map { "{\"id\":\"r-\($0)\",\"path_params\":{\"customer\":\"cus_\($0)\"}}\n" }.joined()
    }

    /// Creates a job and returns its id.
    func create(_ body: JSONValue = body(), version: String = "2026-09-30.preview") async throws -> String {
        let answer = try await simulator.create(body: body, caller: Self.caller(version))
        return try #require(answer.body["id"]?.string)
    }

    /// Uploads `text` as the file of a job, as the file routes do.
    func upload(_ text: String, to id: String) async throws {
        let url = try await #require(
            job(id)["status_details"]?["ready_for_upload"]?["upload_url"]?["url"]?.string)
        try await upload(text, through: Link(url))
    }

    func upload(_ text: String, through link: Link) async throws {
        let ticket = try await simulator.admitUpload(
            token: link.token, stamp: link.stamp, signature: link.signature)
        try await simulator.acceptUpload(ticket, Self.file(text, at: ticket.path))
        await simulator.endUpload(ticket)
    }

    static func file(_ text: String, at path: String) throws -> InputFile {
        var writer = try InputFileWriter(path: path)
        for piece in Array(text.utf8).chunks(of: 1000) {
            try piece.withUnsafeBytes { try writer.append($0) }
        }
        return try writer.finish()
    }

    func job(_ id: String, version: String = "2026-09-30.preview") async throws -> JSONValue {
        try await simulator.retrieve(id, caller: Self.caller(version)).body
    }

    /// A total of the ledger, such as `executions`.
    func count(_ name: String) async -> Int {
        Int(await simulator.ledgerSummary()[name]?.double ?? -1)
    }

    /// What `/_sim/ledger` lists.
    func ledger(_ query: LedgerReport.Query = .init()) async throws -> String {
        var report = try await simulator.ledgerReport(query)
        var text = ""
        while let lines = try await report.next() { text += lines }
        return text
    }

    func status(_ id: String) async throws -> String {
        try #require(try await job(id)["status"]?.string)
    }

    func advance(_ seconds: Double) async {
        _ = await simulator.setClock(advance: seconds, scale: nil)
    }

    /// The result lines of a job that has ended.
    func results(_ id: String) async throws -> [JSONValue] {
        let job = try await job(id)
        let status = try #require(job["status"]?.string)
        let file = try #require(job["status_details"]?[status]?["output_file"])
        let link = try Link(try #require(file["download_url"]?["url"]?.string))
        let (path, size) = try await simulator.admitDownload(
            token: link.token, stamp: link.stamp, signature: link.signature)
        let text = try String(contentsOfFile: path, encoding: .utf8)
        #expect(text.utf8.count == size)
        return text.split(separator: "\n").compactMap { JSONValue(parsing: $0.utf8) }
    }
}

/// The parts of a presigned URL.
struct Link {
    let token: String
    let stamp: String
    let signature: String

    init(_ url: String) throws {
        let parts = try #require(URLComponents(string: url))
        token = try #require(parts.path.split(separator: "/").last.map(String.init))
        stamp = try #require(parts.queryItems?.first { $0.name == "Expires" }?.value)
        signature = try #require(parts.queryItems?.first { $0.name == "Signature" }?.value)
    }
}

/// A file that the daemon's tests read too.
enum Fixture {
    static func json(_ name: String) throws -> JSONValue {
        let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        let data = try Data(contentsOf: folder.appending(path: "Fixtures/stripe/\(name)"))
        return try #require(JSONValue(parsing: data))
    }

    /// The shape of a document: keys, and kinds of values.
    static func shape(_ value: JSONValue) -> JSONValue {
        switch value {
        case .object(let members): .object(members.mapValues(shape))
        case .array(let elements): .array(elements.map(shape))
        case .string: "string"
        case .integer, .number: "number"
        case .bool: "bool"
        case .null: "null"
        }
    }
}

extension Array {
    fileprivate func chunks(of size: Int) -> [[Element]] {
        stride(from: 0, to: count, by: size).map { Array(self[$0..<Swift.min($0 + size, count)]) }
    }
}
