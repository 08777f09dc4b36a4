import AsyncHTTPClient
import Foundation
import NIOCore
import NIOFoundationCompat
import NIOHTTP1

/// The simulator's controls, over HTTP.
struct Simulator: Sendable {
    let url: String

    /// Whatever else speaks as Stripe does.
    init(url: String) { self.url = url }

    /// Reads the address from what the simulator printed.
    init(log: String) async throws {
        var found: String?
        try await awaitFact("the simulator listens") {
            let text = (try? String(contentsOfFile: log, encoding: .utf8)) ?? ""
            found = text.firstMatch(of: /listening on (http:\/\/[0-9.:]+)/).map { String($0.1) }
            return found != nil
        }
        url = found ?? ""
    }

    /// Puts faults into force: a scenario as in `batchsim serve --scenario`.
    func inject(_ scenario: String) async throws {
        var request = HTTPClientRequest(url: "\(url)/_sim/faults")
        request.method = .POST
        request.headers.add(name: "Content-Type", value: "application/json")
        request.body = .bytes(ByteBuffer(string: scenario))
        let response = try await HTTPClient.shared.execute(request, timeout: .seconds(20))
        guard response.status.code < 300 else { throw Failure("the simulator refused the faults") }
    }

    /// Ends all faults.
    func heal() async throws {
        var request = HTTPClientRequest(url: "\(url)/_sim/faults")
        request.method = .DELETE
        _ = try await HTTPClient.shared.execute(request, timeout: .seconds(20))
    }

    /// How many requests of each kind it has answered, by its own record.
    func requests() async throws -> [String: Int] {
        let response = try await HTTPClient.shared.execute(
            HTTPClientRequest(url: "\(url)/_sim/requests"), timeout: .seconds(20))
        let body = Data(buffer: try await response.body.collect(upTo: 1 << 20))
        let counts = try JSONSerialization.jsonObject(with: body) as? [String: [String: Int]] ?? [:]
        return counts.mapValues { $0.values.reduce(0, +) }
    }

    /// The moment that its clock shows.
    func now() async throws -> String {
        let response = try await HTTPClient.shared.execute(
            HTTPClientRequest(url: "\(url)/_sim/clock"), timeout: .seconds(20))
        let body = Data(buffer: try await response.body.collect(upTo: 1 << 20))
        let state = try JSONSerialization.jsonObject(with: body) as? [String: Any]
        guard let now = state?["now"] as? String else { throw Failure("the simulator has no clock") }
        return now
    }

    /// Lets its time run 60 times as fast from now on.
    func speedUp() async throws {
        var request = HTTPClientRequest(url: "\(url)/_sim/clock")
        request.method = .POST
        request.headers.add(name: "Content-Type", value: "application/json")
        request.body = .bytes(ByteBuffer(string: "{\"time_scale\":60}"))
        _ = try await HTTPClient.shared.execute(request, timeout: .seconds(20))
    }

    /// Moves its clock on.
    func advance(seconds: Int) async throws {
        var request = HTTPClientRequest(url: "\(url)/_sim/clock")
        request.method = .POST
        request.headers.add(name: "Content-Type", value: "application/json")
        request.body = .bytes(ByteBuffer(string: "{\"advance_seconds\":\(seconds)}"))
        _ = try await HTTPClient.shared.execute(request, timeout: .seconds(20))
    }

    /// What was executed: each row with how often, and with the answers it got.
    func ledger(minimumExecutions: Int = 0) async throws -> [[String: Any]] {
        try await ledger(query: "min_executions=\(minimumExecutions)")
    }

    /// The same, as a query has it.
    func ledger(query: String) async throws -> [[String: Any]] {
        let request = HTTPClientRequest(url: "\(url)/_sim/ledger?\(query)")
        let response = try await HTTPClient.shared.execute(request, timeout: .seconds(60))
        let body = try await response.body.collect(upTo: 256 << 20)
        return try String(buffer: body).split(separator: "\n").compactMap {
            try JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any]
        }
    }

    /// All jobs it has made.
    func jobs() async throws -> [[String: Any]] {
        let response = try await HTTPClient.shared.execute(
            HTTPClientRequest(url: "\(url)/_sim/jobs"), timeout: .seconds(20))
        let body = try await response.body.collect(upTo: 64 << 20)
        let document = try JSONSerialization.jsonObject(with: Data(buffer: body)) as? [String: Any]
        guard let jobs = document?["jobs"] as? [[String: Any]] else { throw Failure("no list of jobs") }
        return jobs
    }
}
