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

/// A body that is made piece by piece, as the wire drains, and whose length is known before.
package struct OutgoingPieces: Sendable {
    /// Its length in bytes.
    package let bytes: Int64
    /// Where it comes from, for errors.
    package let name: String
    /// The next piece; nil at the end. It may block; of two calls one waits until the other one has ended.
    package let next: @Sendable () throws -> [UInt8]?

    /// A body that `next` makes.
    package init(bytes: Int64, name: String, next: @escaping @Sendable () throws -> [UInt8]?) {
        self.bytes = bytes
        self.name = name
        self.next = next
    }
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
        /// Made as it is sent.
        case pieces(OutgoingPieces)
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
