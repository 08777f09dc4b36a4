import FoundationEssentials
import HTTPTypes
import Hummingbird
import NIOCore

extension Response {
    /// One JSON document, laid out to be read by people with `curl`.
    ///
    /// When it is `endingConnection`, the rest of the request is not waited for.
    static func json(
        _ document: some Encodable, status: HTTPResponse.Status = .ok, endingConnection: Bool = false
    ) throws -> Response {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        var body = ByteBuffer(bytes: try encoder.encode(document))
        body.writeString("\n")
        guard endingConnection else {
            return Response(
                status: status, headers: [.contentType: "application/json"],
                body: ResponseBody(byteBuffer: body))
        }
        let whole = body
        return Response(
            status: status, headers: [.contentType: "application/json", .connection: "close"],
            body: ResponseBody { writer in
                try await writer.write(whole)
                try await writer.finish(nil)
                // The server would read the request to its end; only a failure closes the connection.
                throw ConnectionEnds()
            })
    }

    private struct ConnectionEnds: Error {}

    /// One word for a probe.
    static func text(_ text: String, status: HTTPResponse.Status = .ok) -> Response {
        Response(
            status: status, headers: [.contentType: "text/plain; charset=utf-8"],
            body: ResponseBody(byteBuffer: ByteBuffer(string: text + "\n"))
        )
    }

    /// JSON Lines, page by page; `page` returns whole lines. See `pieces`.
    static func lines<Cursor: Sendable>(
        from start: Cursor, on workers: Workers,
        page: @escaping @Sendable (Cursor) throws -> (ByteBuffer, next: Cursor?)
    ) -> Response {
        pieces(from: start, on: workers, type: "application/jsonl", piece: page)
    }

    /// A body of any length: the next piece is read when the client has taken the last one.
    ///
    /// `piece` gets the place to go on at, and returns bytes and the place after them; nil ends it.
    /// One that fails cuts the connection, so that half an answer is never taken for a whole one.
    static func pieces<Cursor: Sendable>(
        from start: Cursor, on workers: Workers, type: String,
        piece: @escaping @Sendable (Cursor) throws -> (ByteBuffer, next: Cursor?)
    ) -> Response {
        let body = ResponseBody { writer in
            var place: Cursor? = start
            while let here = place {
                let (bytes, next) = try await workers.run { try piece(here) }
                if bytes.readableBytes > 0 { try await writer.write(bytes) }
                place = next
            }
            try await writer.finish(nil)
        }
        return Response(status: .ok, headers: [.contentType: type], body: body)
    }
}

extension ByteBuffer {
    /// Appends a document as one line.
    mutating func writeLine(_ document: some Encodable) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        writeBytes(try encoder.encode(document))
        writeInteger(UInt8(ascii: "\n"))
    }
}
