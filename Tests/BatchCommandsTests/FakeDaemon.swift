import Foundation
import HTTPServing
import Hummingbird
import Logging
import NIOCore
import Synchronization
import Testing

@testable import BatchCommands

/// A daemon of fixed answers on a real Unix socket.
final class FakeDaemon: Sendable {
    struct Answer: Sendable {
        var status = 200
        var body: String
    }

    struct Call: Hashable, Sendable {
        var line: String
        var body: String
    }

    /// By `GET /v1/status`, without the query. The last of several answers is repeated.
    private let answers: Mutex<[String: [Answer]]>
    private let seen = Mutex<[Call]>([])
    let socket: String

    init(_ answers: [String: [Answer]], socket: String) {
        self.answers = Mutex(answers)
        self.socket = socket
    }

    /// What was asked, in order.
    var calls: [Call] { seen.withLock { $0 } }

    /// Serves `answers` while `body` runs.
    static func serving(
        _ answers: [String: [Answer]], _ body: @escaping @Sendable (FakeDaemon) async throws -> Void
    ) async throws {
        try await withTemporaryFolder { folder in
            let daemon = FakeDaemon(answers, socket: folder + "/d.sock")
            let (ready, isReady) = AsyncStream<Void>.makeStream()
            var logger = Logger(label: "fake")
            logger.logLevel = .critical
            let application = Application(
                responder: CallbackResponder<BasicRequestContext> { request, _ in
                    try await daemon.respond(to: request)
                },
                server: .http1Droppable(),
                configuration: .init(address: .unixDomainSocket(path: daemon.socket)),
                onServerRunning: { _ in isReady.finish() },
                logger: logger
            )
            try await withThrowingTaskGroup { group in
                group.addTask { try await application.run() }
                for await _ in ready {}
                try await body(daemon)
                group.cancelAll()
                // Serving ends by cancellation here, which is no failure of the test.
                while let result = await group.nextResult() {
                    if case .failure(let error) = result, !(error is CancellationError) { throw error }
                }
            }
        }
    }

    private func respond(to request: Request) async throws -> Response {
        let body = try await request.body.collect(upTo: 1 << 26)
        let call = "\(request.method.rawValue) \(request.uri.path)"
        let query = request.uri.query.map { "?" + $0 } ?? ""
        seen.withLock { $0.append(Call(line: call + query, body: String(buffer: body))) }
        let answer = answers.withLock { answers in
            guard let left = answers[call] else {
                return Answer(
                    status: 404,
                    body: #"{"error":{"code":"not_found","message":"There is no such thing.","hint":null}}"#)
            }
            if left.count > 1 { answers[call]?.removeFirst() }
            return left[0]
        }
        return Response(
            status: .init(code: answer.status), body: .init(byteBuffer: ByteBuffer(string: answer.body)))
    }
}

/// A folder with a path short enough for a socket, removed afterwards.
func withTemporaryFolder(_ body: (String) async throws -> Void) async throws {
    var template = Array("/tmp/batchctl-XXXXXX".utf8CString)
    let folder = try #require(mkdtemp(&template).map { String(cString: $0) })
    defer { try? FileManager.default.removeItem(atPath: folder) }
    try await body(folder)
}
