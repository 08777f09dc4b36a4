import AsyncHTTPClient
import ControlAPI
import FoundationEssentials
import NIOCore
import NIOHTTP1

/// The daemon, as seen through its Unix socket.
struct DaemonClient: Sendable {
    let http: HTTPClient
    let socket: String
    /// What `--timeout` allows for the head of an answer; nil when it was not given.
    let timeout: Duration?

    /// What is asked of a route: members without a value are left out.
    typealias Query = KeyValuePairs<QueryName, String?>

    /// Documents are small; this only stops something that is no daemon of ours.
    static let maxDocument = 64 << 20

    /// Hands `body` a client of the daemon behind `socket`. Nothing is opened before the first call.
    static func connect<Answer: Sendable>(
        to socket: String, timeout: Duration?, _ body: (DaemonClient) async throws -> Answer
    ) async throws -> Answer {
        // sockaddr_un has no room for more.
        guard socket.utf8.count <= 107 else {
            throw Failure(
                .usage, "The socket's path is too long: it has \(socket.utf8.count) bytes, 107 fit.")
        }
        var configuration = HTTPClient.Configuration()
        configuration.timeout.connect = .seconds(5)
        // A socket that is not there now is reported now.
        configuration.connectionPool.retryConnectionEstablishment = false
        return try await HTTPClient.withHTTPClient(configuration: configuration) { http in
            try await body(DaemonClient(http: http, socket: socket, timeout: timeout))
        }
    }

    /// GETs one document.
    func get<Document: Decodable>(
        _ path: String, _ query: Query = [:], as type: Document.Type = Document.self,
        within limit: Limit = .standard
    ) async throws -> Document {
        try await document(from: send(.GET, path, query, within: limit), of: path)
    }

    /// GETs all elements of a list.
    func list<Element>(_ path: String, _ query: Query = [:]) async throws -> [Element]
    where Element: Codable & Hashable & Sendable {
        try await get(path, query, as: List<Element>.self).data
    }

    /// POSTs, with a body or without, and reads the document that answers.
    func post<Document: Decodable>(
        _ path: String, _ query: Query = [:], body: HTTPClientRequest.Body? = nil,
        as type: Document.Type = Document.self, within limit: Limit = .standard
    ) async throws -> Document {
        try await document(from: send(.POST, path, query, body: body, within: limit), of: path)
    }

    /// GETs a stream, or what `method` brings, and hands over each chunk as it comes.
    func stream(
        _ path: String, _ query: Query = [:], method: HTTPMethod = .GET, _ body: (ByteBuffer) throws -> Void
    ) async throws {
        let response = try await send(method, path, query, within: .patient)
        try await translating {
            for try await chunk in response.body { try body(chunk) }
        }
    }

    /// How long an answer may take to begin.
    enum Limit {
        /// As `--timeout` says, else half a minute.
        case standard
        /// As `--timeout` says, else for ever: the answer comes when the work is done.
        case patient
        case within(Duration)
    }

    private func send(
        _ method: HTTPMethod, _ path: String, _ query: Query, body: HTTPClientRequest.Body? = nil,
        within limit: Limit
    ) async throws -> HTTPClientResponse {
        var request = HTTPClientRequest(url: url(path, query))
        request.method = method
        request.headers.add(name: "host", value: "localhost")
        request.headers.add(name: "user-agent", value: "batchctl/\(batchdVersion)")
        request.body = body
        let end = deadline(limit)
        let response = try await translating {
            do {
                return try await http.execute(request, deadline: end)
            } catch  where method == .GET && TransportFailure.isCut(error) {
                // A daemon that stops may hang up on a caller it has not heard yet. Asking again changes nothing, and
                // when systemd keeps the socket, the next daemon answers.
                return try await http.execute(request, deadline: end)
            }
        }
        guard (200..<300).contains(response.status.code) else {
            throw await refusal(response, to: "\(method.rawValue) \(path)")
        }
        return response
    }

    private func deadline(_ limit: Limit) -> NIODeadline {
        switch limit {
        case .standard: .now() + TimeAmount(timeout ?? .seconds(30))
        case .patient: timeout.map { .now() + TimeAmount($0) } ?? .distantFuture
        case .within(let duration): .now() + TimeAmount(duration)
        }
    }

    private func document<Document: Decodable>(
        from response: HTTPClientResponse, of path: String
    ) async throws -> Document {
        let bytes = try await translating { try await response.body.collect(upTo: Self.maxDocument) }
        do {
            return try JSONDecoder().decode(Document.self, from: Data(bytes.readableBytesView))
        } catch {
            throw Failure(
                .error, "The daemon's answer to \(path) could not be read.",
                hint: "Is the daemon as new as this batchctl (\(batchdVersion))? See 'batchctl --version'.")
        }
    }

    private func refusal(_ response: HTTPClientResponse, to call: String) async -> DaemonRefusal {
        // An answer that is cut, or not ours, is still a refusal: its status says enough.
        let bytes = try? await response.body.collect(upTo: Self.maxDocument)
        let body = bytes.flatMap {
            try? JSONDecoder().decode(ErrorBody.self, from: Data($0.readableBytesView))
        }
        return DaemonRefusal(status: Int(response.status.code), call: call, detail: body?.error)
    }

    private func translating<Answer>(_ body: () async throws -> Answer) async throws -> Answer {
        do {
            return try await body()
        } catch {
            throw TransportFailure.explain(error, socket: socket)
        }
    }

    func url(_ path: String, _ query: Query) -> String {
        let members = query.compactMap { name, value in value.map { "\(name.rawValue)=\(percentEncoded($0))" }
        }
        return "http+unix://\(percentEncoded(socket))\(path)"
            + (members.isEmpty ? "" : "?" + members.joined(separator: "&"))
    }
}

/// `text` with every byte that could mean something in a URL written as `%XX`.
func percentEncoded(_ text: String) -> String {
    let plain = Set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~".utf8)
    return text.utf8.reduce(into: "") { encoded, byte in
        if plain.contains(byte) {
            encoded.unicodeScalars.append(Unicode.Scalar(byte))
        } else {
            encoded += "%" + (byte < 16 ? "0" : "") + String(byte, radix: 16, uppercase: true)
        }
    }
}
