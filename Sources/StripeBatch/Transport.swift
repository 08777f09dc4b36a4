/// The wire below JSON: requests and answers as bytes. HTTP is one way to carry them, a simulation another.
package protocol Transport: Sendable {
    /// Sends `request` once, never again, and follows no redirect.
    ///
    /// `receive` gets the answer's body in pieces, as they come, with its head; a piece is valid only
    /// during the call. It returns false to read no further, and runs on the caller's executor.
    ///
    /// - Returns: the head, when the body has ended or `receive` wants no more of it.
    /// - Throws: `CallFailure.notSent` or `.unanswered`; `FileFault` when the file to send cannot be
    ///   read; what `receive` throws.
    func send(
        _ request: WireRequest, receive: (WireHead, UnsafeRawBufferPointer) throws -> Bool
    ) async throws -> WireHead
}

/// One request, as it goes over the wire.
package struct WireRequest: Sendable {
    /// The methods that the batch API uses.
    package enum Method: String, Sendable {
        case get = "GET"
        case post = "POST"
        case put = "PUT"
    }

    /// What follows the head. Its length is always stated, it is never chunked.
    package enum Body: Sendable {
        case none
        case bytes([UInt8])
        /// The first `bytes` bytes of a file, read as they are sent.
        case file(path: String, bytes: Int64)
    }

    /// The method.
    package var method: Method
    /// Where to; sent byte for byte.
    package var url: SecretURL
    /// The headers, besides `Host` and `Content-Length`.
    package var headers: [(name: String, value: String)]
    /// The body.
    package var body: Body
    /// How long to wait, from now, for the head of the answer.
    package var headWithin: Duration
    /// How long to wait, from now, for the end of the answer; nil for as long as bytes keep coming.
    package var endWithin: Duration?
    /// Told how much of the body has gone, when somebody wants to know.
    package var sent: SentBytes?

    /// A request, made of its parts.
    package init(
        method: Method, url: SecretURL, headers: [(name: String, value: String)] = [], body: Body = .none,
        headWithin: Duration, endWithin: Duration?, sent: SentBytes? = nil
    ) {
        self.method = method
        self.url = url
        self.headers = headers
        self.body = body
        self.headWithin = headWithin
        self.endWithin = endWithin
        self.sent = sent
    }
}

/// The head of an answer.
package struct WireHead: Hashable, Sendable {
    /// The HTTP status.
    package var status: Int
    private var headers: [String: String]

    /// A head; of a header that comes twice the last one counts.
    package init(status: Int, headers: [(name: String, value: String)]) {
        self.status = status
        self.headers = Dictionary(headers.map { ($0.name.lowercased(), $0.value) }, uniquingKeysWith: { $1 })
    }

    /// The value of a header, its name in any case.
    package subscript(name: String) -> String? { headers[name.lowercased()] }

    /// True for 200 to 299.
    package var isSuccess: Bool { (200..<300).contains(status) }
}
