import AsyncHTTPClient
import BatchDaemon
import Dispatch
import Foundation
import Glibc
import Logging
import NIOCore
import NIOHTTP1

/// A real daemon in this process, whose Stripe does not answer, and a client of its socket.
struct DaemonWorld {
    let folder: TemporaryFolder
    let http: HTTPClient
    let notices: NoticeBoard

    /// One answer of the control socket.
    struct Answer {
        let status: Int
        let text: String

        /// A document of the contract.
        func document<Document: Decodable>(_ type: Document.Type) throws -> Document {
            try JSONDecoder().decode(type, from: Data(text.utf8))
        }

        /// The members of `{"error":{…}}` that a person reads.
        func error() throws -> [String?] {
            struct Body: Decodable {
                struct Detail: Decodable {
                    let code: String, message: String, hint: String?
                }
                let error: Detail
            }
            let error = try document(Body.self).error
            return [error.code, error.message, error.hint]
        }
    }

    /// Runs a daemon while `body` runs: `body` begins when the daemon has reported that it is ready.
    static func run(
        minFree: String = "null", control: String = "", environment more: [String: String] = [:],
        _ body: (DaemonWorld) async throws -> Void
    ) async throws {
        let folder = try TemporaryFolder()
        try folder.write("key", "sk_test_1")
        let file = try folder.write(
            "batchd.yaml",
            """
            accounts: {main: {api_key_file: key, api_base: "http://127.0.0.1:1"}}
            storage: {state_dir: \(folder.path)/state, min_free: \(minFree)}
            control: {socket: \(folder.path)/control.sock\(control)}
            queues:
              customers: {endpoint: POST /v1/customers/:customer}
              coupons: {endpoint: POST /v1/coupons}
            """)
        let configuration = try Configuration.read(file, environment: [:])
        let notices = try NoticeBoard(path: folder.path + "/notify")
        try await HTTPClient.withHTTPClient { http in
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask {
                    let logger = Logger(label: "batchd") { _ in SwiftLogNoOpLogHandler() }
                    let environment = more.merging(["NOTIFY_SOCKET": notices.path]) { $1 }
                    try await Daemon(configuration, environment: environment, logger: logger).run()
                }
                try await notices.wait(for: "READY=1")
                try await body(DaemonWorld(folder: folder, http: http, notices: notices))
                group.cancelAll()
                do {
                    try await group.waitForAll()
                } catch is CancellationError {}
            }
        }
    }

    func get(_ path: String) async throws -> Answer { try await send(.GET, path) }

    func post(_ path: String, _ body: String = "") async throws -> Answer {
        try await send(.POST, path, body)
    }

    /// Sends these bytes and nothing more, and reads what comes back until the daemon hangs up as well.
    func sendAndHangUp(_ text: String) async throws -> String {
        let path = folder.path + "/control.sock"
        return try await blocking {
            let channel = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
            defer { close(channel) }
            guard UnixName(path).use({ connect(channel, $0, $1) }) == 0,
                write(channel, text, text.utf8.count) == text.utf8.count
            else { throw POSIXError(.ECONNREFUSED) }
            shutdown(channel, Int32(SHUT_WR))
            var answer: [UInt8] = []
            var bytes = [UInt8](repeating: 0, count: 4096)
            while true {
                let count = read(channel, &bytes, bytes.count)
                guard count > 0 else { return String(decoding: answer, as: UTF8.self) }
                answer += bytes.prefix(count)
            }
        }
    }

    private func send(_ method: HTTPMethod, _ path: String, _ body: String? = nil) async throws -> Answer {
        let socket = folder.path.replacing("/", with: "%2F") + "%2Fcontrol.sock"
        var request = HTTPClientRequest(url: "http+unix://\(socket)\(path)")
        request.method = method
        request.body = body.map { .bytes(ByteBuffer(string: $0)) }
        let response = try await http.execute(request, timeout: .seconds(30))
        let bytes = try await response.body.collect(upTo: 1 << 24)
        return Answer(status: Int(response.status.code), text: String(buffer: bytes))
    }
}

/// The other end of `sd_notify`.
final class NoticeBoard: Sendable {
    let path: String
    private let channel: Int32

    init(path: String) throws {
        self.path = path
        channel = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue), 0)
        let bound = UnixName(path).use { bind(channel, $0, $1) }
        guard bound == 0 else { throw POSIXError(.EADDRNOTAVAIL) }
        // A daemon that never becomes ready fails the test, and does not hang it.
        var limit = timeval(tv_sec: 60, tv_usec: 0)
        setsockopt(channel, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
    }

    deinit { close(channel) }

    /// Returns when a message says `line`.
    func wait(for line: String) async throws {
        try await blocking { [channel] in
            var bytes = [UInt8](repeating: 0, count: 4096)
            while true {
                let count = recv(channel, &bytes, bytes.count, 0)
                guard count >= 0 else { throw POSIXError(.ETIMEDOUT) }
                let text = String(decoding: bytes.prefix(count), as: UTF8.self)
                if text.split(separator: "\n").contains(Substring(line)) { return }
            }
        }
    }
}

/// Runs what blocks on a thread of its own: the daemon in this process needs the others.
func blocking<Value: Sendable>(_ body: @escaping @Sendable () throws -> Value) async throws -> Value {
    try await withCheckedThrowingContinuation { done in
        // A global queue shares its few threads with every task of the process, and would starve them.
        Thread.detachNewThread { done.resume(with: Result(catching: body)) }
    }
}

/// The address of a Unix socket; `@` begins an abstract one.
struct UnixName {
    private var address = sockaddr_un()
    private let length: socklen_t

    init(_ name: String) {
        var path = Array(name.utf8)
        let isAbstract = path.first == UInt8(ascii: "@")
        if isAbstract { path[0] = 0 }
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path) }
        length = socklen_t(2 + path.count + (isAbstract ? 0 : 1))
    }

    func use<Value>(_ body: (UnsafePointer<sockaddr>, socklen_t) -> Value) -> Value {
        withUnsafePointer(to: address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { body($0, length) }
        }
    }
}
