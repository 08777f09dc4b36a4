import HTTPTypes
import Hummingbird
import NIOCore

extension HTTPField.Name {
    static let requestID = Self("Request-Id")!
    static let stripeVersion = Self("Stripe-Version")!
    static let stripeContext = Self("Stripe-Context")!
    static let shouldRetry = Self("Stripe-Should-Retry")!
    static let idempotencyKey = Self("Idempotency-Key")!
    static let rateLimitedReason = Self("Stripe-Rate-Limited-Reason")!
    static let idempotentReplayed = Self("Idempotent-Replayed")!
}

extension Response {
    /// A JSON document.
    static func json(_ value: JSONValue, status: HTTPResponse.Status = .ok) -> Response {
        text(String(decoding: value.bytes, as: UTF8.self), type: "application/json", status: status)
    }

    static func text(
        _ text: String, type: String = "text/plain; charset=utf-8", status: HTTPResponse.Status = .ok
    ) -> Response {
        Response(
            status: status, headers: [.contentType: type],
            body: .init(byteBuffer: ByteBuffer(string: text)))
    }

    static func refusing(_ error: APIError) -> Response {
        var response = json(error.body, status: .init(code: error.status))
        if let retry = error.shouldRetry { response.headers[.shouldRetry] = retry ? "true" : "false" }
        return response
    }

    static func refusing(_ error: StorageError) -> Response {
        text(error.xml, type: "application/xml", status: .init(code: error.status))
    }
}

extension Request {
    /// Reads the body to its end and drops it.
    ///
    /// A client that still sends does not listen: without this, a refused upload can hang.
    func drain() async throws {
        for try await _ in body {}
    }

    /// The request body as JSON; an empty body is an empty object.
    func json() async throws -> JSONValue {
        let buffer = try await body.collect(upTo: 1 << 20)
        guard buffer.readableBytes > 0 else { return [:] }
        guard let value = JSONValue(parsing: buffer.readableBytesView) else {
            throw APIError.malformed("invalid_request_body", "The request body is not valid JSON.")
        }
        return value
    }
}
