import BatchCore
import Env
import StripeBatch
import Synchronization
import Testing

/// A client of `base`, for as long as `body` runs.
func withClient<Value>(
    _ base: String, context: String? = nil, _ body: (StripeClient) async throws -> Value
) async throws -> Value {
    let transport = HTTPTransport()
    let account = StripeAccount(
        name: "main", baseURL: base, apiVersion: "2026-09-30.preview", key: APIKey("sk_test_secret"),
        context: context)
    do {
        let value = try await body(StripeClient(account: account, transport: transport))
        try await transport.shutdown()
        return value
    } catch {
        try await transport.shutdown()
        throw error
    }
}

/// A server and a client of it.
func withWire<Value>(
    context: String? = nil, _ reply: @escaping @Sendable (Int, SeenRequest) -> Reply,
    _ body: (WireServer, StripeClient) async throws -> Value
) async throws -> Value {
    try await WireServer.with(reply) { server in
        try await withClient(server.base, context: context) { try await body(server, $0) }
    }
}

/// The shared fixture `name`, as bytes.
func fixture(_ name: String) throws -> [UInt8] {
    let folder = #filePath.split(separator: "/").dropLast(2).joined(separator: "/")
    return try FileSystem.contents(of: "/\(folder)/Fixtures/stripe/\(name).json")
}

/// Bytes in no simple pattern.
private let manyBytes: [UInt8] = {
    let random = Entropy.seeded(1)
    return (0..<400_000).flatMap { _ in withUnsafeBytes(of: random.next()) { Array($0) } }
}()

/// So many bytes in no simple pattern.
func someBytes(_ count: Int) -> [UInt8] { Array(manyBytes[..<count]) }

/// Bytes to be sent, in pieces; `stating` another size than they have, if that is wanted.
func pieces(of bytes: [UInt8], stating size: Int? = nil) -> OutgoingPieces {
    let left = Mutex(bytes[...])
    return OutgoingPieces(bytes: Int64(size ?? bytes.count), name: "bytes") {
        left.withLock { left in
            let piece = Array(left.prefix(100_000))
            left = left.dropFirst(piece.count)
            return piece.isEmpty ? nil : piece
        }
    }
}

extension Result where Failure == CallFailure {
    var failure: CallFailure? {
        guard case .failure(let failure) = self else { return nil }
        return failure
    }

    var wasNotSent: Bool {
        if case .notSent = failure { true } else { false }
    }

    var isUnanswered: Bool {
        if case .unanswered = failure { true } else { false }
    }
}

let someKey = IdempotencyKey("11111111-2222-4333-8444-555555555555")
let someJob = JobID("batchv2_AbCdEfGhIjKlMnOpQrStUvWxYz")
