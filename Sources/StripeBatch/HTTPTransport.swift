import AsyncHTTPClient
import BatchCore
import Env
import FoundationEssentials
import Glibc
import NIOCore
import NIOHTTP1
import NIOPosix
import Synchronization

/// HTTP, all of it. Everything else in this module speaks of requests and answers as bytes.
///
/// One connection pool for all accounts. No redirects, no second tries, HTTP/1.1 only: what went out and
/// what did not is then known.
package struct HTTPTransport: Transport {
    private let client: HTTPClient

    /// How long a connection, and the silence between two reads or writes, may last.
    private static let connectTimeout = TimeAmount.seconds(10)
    private static let silence = TimeAmount.seconds(80)
    /// An answer that takes longer than this must come at `slowestRate` at least, in bytes a second: a server
    /// that sends a byte now and then would hold its place for days. What came until then is kept.
    package static let patience = Duration.seconds(600)
    /// Bytes of a download that are read at a time, once they come fast: each reading is a turn between two threads.
    private static let mostRead = 512 << 10
    /// See `patience`.
    package static let slowestRate = 1000.0
    private let patience: Duration

    /// A transport with a connection pool of its own, and no connection yet; end it with `shutdown()`.
    package init(patience: Duration = Self.patience) {
        self.patience = patience
        var configuration = HTTPClient.Configuration(redirectConfiguration: .disallow)
        configuration.timeout = .init(
            connect: Self.connectTimeout, read: Self.silence, write: Self.silence)
        configuration.httpVersion = .http1Only
        configuration.connectionPool.retryConnectionEstablishment = false
        // A connection that lay idle for long may be closed under the next request, whose fate is then unknown.
        configuration.connectionPool.idleTimeout = .seconds(15)
        configuration.connectionPool.concurrentHTTP1ConnectionsPerHostSoftLimit = 256
        // The initializer for debugging is the only way to a connection's own options.
        configuration.http1_1ConnectionDebugInitializer = { channel in
            channel.setOption(
                .recvAllocator,
                value: AdaptiveRecvByteBufferAllocator(minimum: 1024, initial: 4096, maximum: Self.mostRead))
        }
        client = HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
    }

    /// Closes every connection. Calls in flight end as `.unanswered`.
    package func shutdown() async throws {
        try await client.shutdown()
    }

    /// Sends one request and hands the answer's body to `receive`, piece by piece; see `Transport`.
    package func send(
        _ request: WireRequest, receive: (WireHead, UnsafeRawBufferPointer) throws -> Bool
    ) async throws -> WireHead {
        guard canBeSentAsItIs(request.url) else {
            throw CallFailure.notSent(reason: "not an http or https URL that can be sent byte for byte")
        }
        let start = NIODeadline.now()
        let outgoing = OutgoingBody(request.body, sent: request.sent)
        do {
            let response = try await client.execute(
                httpRequest(request, outgoing), deadline: start + TimeAmount(request.headWithin))
            let headers = response.headers.map { (name: $0.name, value: $0.value) }
            let head = WireHead(status: Int(response.status.code), headers: headers)
            if head.isSuccess, let outgoing, !outgoing.isSpent {
                throw CallFailure.unanswered(reason: "HTTP \(head.status) before the whole body was sent")
            }
            let end = request.endWithin.map { start + TimeAmount($0) } ?? .distantFuture
            var received = 0
            for try await piece in response.body {
                let now = NIODeadline.now()
                guard now < end else { throw CallFailure.unanswered(reason: "no end in time") }
                received += piece.readableBytes
                let time = Double((now - start).nanoseconds) / 1e9
                guard time < patience.seconds || Double(received) >= time * Self.slowestRate else {
                    throw CallFailure.unanswered(
                        reason: "slower than \(Int(Self.slowestRate)) bytes a second")
                }
                let goOn = try piece.withUnsafeReadableBytes { bytes throws(ReceiverError) in
                    do { return try receive(head, bytes) } catch { throw ReceiverError(error) }
                }
                if !goOn { break }
            }
            return head
        } catch let error as ReceiverError {
            throw error.cause
        } catch {
            throw classified(error, wasSent: outgoing?.wasAskedFor)
        }
    }

    private func httpRequest(_ request: WireRequest, _ outgoing: OutgoingBody?) -> HTTPClientRequest {
        var http = HTTPClientRequest(url: request.url.reveal)
        http.method = HTTPMethod(rawValue: request.method.rawValue)
        http.headers = HTTPHeaders(request.headers.map { ($0.name, $0.value) })
        if let outgoing {
            http.body = .stream(outgoing, length: .known(outgoing.length))
        }
        return http
    }
}

/// Keeps an error of the receiver apart from those of the wire.
private struct ReceiverError: Error {
    let cause: any Error
    init(_ cause: any Error) { self.cause = cause }
}

/// Says of an error whether Stripe can have acted.
///
/// A body is asked for only when its connection stands, TLS included, and a request without its body is
/// none. So a body that was never asked for proves that nothing happened, whatever the error was. A GET
/// has no body and changes nothing; there the kind of the error is good enough.
private func classified(_ error: any Error, wasSent: Bool?) -> any Error {
    if error is CallFailure || error is FileFault { return error }
    let reason = reason(of: error)
    return wasSent ?? !isConnectionFailure(error)
        ? CallFailure.unanswered(reason: reason) : .notSent(reason: reason)
}

private func isConnectionFailure(_ error: any Error) -> Bool {
    switch error {
    case is NIOConnectionError: true
    case let error as IOError: [ECONNREFUSED, ENETUNREACH, EHOSTUNREACH].contains(error.errnoCode)
    case let error as HTTPClientError:
        [.connectTimeout, .tlsHandshakeTimeout, .getConnectionFromPoolTimeout].contains(error)
    default: false
    }
}

/// One short line that quotes no header and no URL.
private func reason(of error: any Error) -> String {
    switch error {
    case is CancellationError: "cancelled"
    case let error as HTTPClientError: error.shortDescription
    case let error as IOError: String(cString: strerror(error.errnoCode))
    case let error as NIOConnectionError:
        "no connection to \(error.host):\(error.port)"
            + (error.connectionErrors.first.map { ": \(reason(of: $0.error))" } ?? "")
    default: bounded(withoutURLs(String(describing: error)), bytes: 200)
    }
}

/// True when the client, which takes a URL apart and puts it together, will send it as it is.
private func canBeSentAsItIs(_ secret: SecretURL) -> Bool {
    let text = secret.reveal
    guard let scheme = text.firstRange(of: "://"), let url = URL(string: text),
        ["http", "https"].contains(url.scheme?.lowercased()), url.host?.isEmpty == false,
        let path = URLComponents(url: url, resolvingAgainstBaseURL: true)?.percentEncodedPath
    else { return false }
    let target = text[scheme.upperBound...].drop { $0 != "/" && $0 != "?" && $0 != "#" }
    let sent = (path.isEmpty ? "/" : path) + (url.query.map { "?" + $0 } ?? "")
    return sent == (target.isEmpty ? "/" : target)
}
