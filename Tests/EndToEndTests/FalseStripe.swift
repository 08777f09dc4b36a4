import Foundation
import HTTPServing
import Hummingbird
import NIOCore

/// A Stripe that takes every file, and answers with results as long and as odd as the test wants.
struct FalseStripe: Sendable {
    /// A part of the results, and how often it comes.
    struct Piece: Sendable {
        var bytes: ByteBuffer
        var times = 1

        init(_ text: String) { bytes = ByteBuffer(string: text) }

        /// So many millions of one letter.
        init(megabytes: Int) {
            bytes = ByteBuffer(repeating: UInt8(ascii: "x"), count: 1_000_000)
            times = megabytes
        }

        /// The result of a row that succeeded.
        static func success(_ row: Int) -> Piece { Piece("{\"id\":\"p-\(row)\",\"status\":200}\n") }
    }

    /// Its address.
    let url: String

    /// Serves while `body` runs. `stated` is the size that it states for its results, in bytes.
    static func with(
        stated: Int64, results: [Piece],
        _ body: @escaping @Sendable (FalseStripe) async throws -> Void
    ) async throws {
        let (ports, port) = AsyncStream.makeStream(of: Int.self)
        let router = Router()
        router.post("/v2/core/batch_jobs") { request, _ in
            let upload = #"{"upload_url":{"url":"http://\#(request.head.authority ?? "")/file"}}"#
            return job("ready_for_upload", upload)
        }
        router.get("/v2/core/batch_jobs/{id}") { request, _ in
            let file =
                #"{"content_type":"application/jsonlines","size":"\#(stated)","#
                + #""download_url":{"url":"http://\#(request.head.authority ?? "")/file"}}"#
            return job("complete", #"{"success_count":"4","failure_count":"0","output_file":\#(file)}"#)
        }
        router.put("/file") { request, _ in
            for try await _ in request.body {}
            return Response(status: .ok)
        }
        router.get("/file") { _, _ in
            Response(
                status: .ok,
                body: ResponseBody { writer in
                    for piece in results {
                        for _ in 0..<piece.times { try await writer.write(piece.bytes) }
                    }
                    try await writer.finish(nil)
                })
        }
        let application = Application(
            router: router, server: .http1Droppable(),
            configuration: .init(address: .hostname("127.0.0.1", port: 0)),
            onServerRunning: { channel in port.yield(channel.localAddress?.port ?? 0) })
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await application.run() }
            for await port in ports {
                try await body(FalseStripe(url: "http://127.0.0.1:\(port)"))
                break
            }
            group.cancelAll()
            do {
                try await group.waitForAll()
            } catch is CancellationError {}
        }
    }

    private static func job(_ status: String, _ details: String) -> Response {
        let text =
            #"{"id":"batchv2_false","object":"v2.core.batch_job","created":"\#(Date().ISO8601Format())","#
            + #""status":"\#(status)","status_details":{"\#(status)":\#(details)}}"#
        return Response(
            status: .ok, headers: [.contentType: "application/json"],
            body: ResponseBody(byteBuffer: ByteBuffer(string: text)))
    }
}
