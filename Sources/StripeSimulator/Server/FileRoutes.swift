import Foundation
import HTTPTypes
import Hummingbird
import NIOCore

/// The presigned URLs: `PUT /files/upload/…` and `GET /files/download/…`.
struct FileRoutes {
    static let maximumSize = 5_000_000_000
    let simulator: Simulator

    func add(to router: Router<SimulatorContext>) {
        router.put("files/upload/:token") { request, context in
            try await upload(request, context)
        }
        router.get("files/download/:token") { request, context in
            try await download(request, context)
        }
    }

    private func upload(_ request: Request, _ context: SimulatorContext) async throws -> Response {
        let (ticket, length): (Simulator.UploadTicket, Int)
        do {
            (ticket, length) = try await admit(request, context)
        } catch let refusal as StorageError {
            try await request.drain()
            throw refusal
        }
        do {
            try await receive(request, context, ticket, length: length)
        } catch {
            await simulator.endUpload(ticket)
            throw error
        }
        await simulator.endUpload(ticket)
        return Response(status: .ok, headers: [.eTag: "\"\(ticket.jobID)\""])
    }

    private func receive(
        _ request: Request, _ context: SimulatorContext, _ ticket: Simulator.UploadTicket, length: Int
    ) async throws {
        var writer = try InputFileWriter(path: ticket.path)
        // Renamed away when the upload is whole; whatever else happens, no half file stays.
        defer { unlink(ticket.path) }
        for try await buffer in request.body {
            try buffer.withUnsafeReadableBytes { try writer.append($0) }
            if let rate = context.bytesPerSecond, rate > 0 {
                try await Task.sleep(for: .seconds(Double(buffer.readableBytes) / rate))
            }
            if let cut = context.cutAfter, writer.byteCount >= cut {
                context.hangUp()
                throw HungUp()
            }
        }
        guard writer.byteCount == length else { throw StorageError.incomplete }
        try await simulator.acceptUpload(ticket, try writer.finish())
    }

    private func admit(
        _ request: Request, _ context: SimulatorContext
    ) async throws -> (Simulator.UploadTicket, Int) {
        let link = try Self.link(request, context)
        let ticket = try await simulator.admitUpload(
            token: link.token, stamp: link.stamp, signature: link.signature)
        do {
            return (ticket, try Self.checkHeaders(of: request, contentType: ticket.contentType))
        } catch {
            await simulator.endUpload(ticket)
            throw error
        }
    }

    /// What an object store insists on.
    ///
    /// Returns the announced length.
    private static func checkHeaders(
        of request: Request, contentType: Quirks.UploadType
    ) throws(StorageError) -> Int {
        guard let length = request.headers[.contentLength].flatMap(Int.init) else { throw .noLength }
        guard length <= maximumSize else { throw .tooLarge }
        let type = request.headers[.contentType]
        switch contentType {
        case .octetStream: guard type == "application/octet-stream" else { throw .contentType }
        case .jsonlines: guard type == "application/jsonlines" else { throw .contentType }
        case .any: return length
        }
        guard request.headers[.authorization] == nil else { throw .authorization }
        return length
    }

    private func download(_ request: Request, _ context: SimulatorContext) async throws -> Response {
        let link = try Self.link(request, context)
        let (path, size) = try await simulator.admitDownload(
            token: link.token, stamp: link.stamp, signature: link.signature)
        let tag = "\"\(link.token.prefix(32))\""
        var headers: HTTPFields = [
            .contentType: "application/jsonlines", .acceptRanges: "bytes", .eTag: tag,
        ]
        var range = 0..<size
        var status = HTTPResponse.Status.ok
        // A range is only good for the file it was meant for.
        if let asked = request.headers[.range], request.headers[.ifRange].map({ $0 == tag }) ?? true {
            guard let found = ByteRange.parse(asked, size: size) else {
                var refusal = Response.refusing(StorageError.range)
                refusal.headers[.contentRange] = "bytes */\(size)"
                return refusal
            }
            range = found
            status = .partialContent
            headers[.contentRange] = "bytes \(range.lowerBound)-\(range.upperBound - 1)/\(size)"
        }
        let body = FileBody(
            path: path, range: range, cutAfter: context.cutAfter, loop: context.loop)
        return Response(status: status, headers: headers, body: body.responseBody)
    }

    private static func link(
        _ request: Request, _ context: SimulatorContext
    ) throws -> (token: String, stamp: String, signature: String) {
        guard let stamp = request.uri.queryParameters["Expires"],
            let signature = request.uri.queryParameters["Signature"]
        else { throw StorageError.badSignature }
        return (try context.parameters.require("token"), String(stamp), String(signature))
    }
}

/// A `Range` header with one range.
enum ByteRange {
    /// Nil when the header asks for nothing that the file has.
    static func parse(_ header: String, size: Int) -> Range<Int>? {
        guard header.hasPrefix("bytes=") else { return nil }
        let parts = header.dropFirst(6).split(separator: "-", omittingEmptySubsequences: false)
        guard parts.count == 2, size > 0 else { return nil }
        if parts[0].isEmpty {
            guard let count = Int(parts[1]), count > 0 else { return nil }
            return max(0, size - count)..<size
        }
        guard let start = Int(parts[0]), start < size else { return nil }
        if parts[1].isEmpty { return start..<size }
        guard let last = Int(parts[1]), last >= start else { return nil }
        return start..<min(last + 1, size)
    }
}

/// A part of a file as a response body, read in pieces.
struct FileBody: Sendable {
    let path: String
    let range: Range<Int>
    let cutAfter: Int?
    /// Where the connection lives; nil when there is none.
    let loop: (any EventLoop)?

    var responseBody: ResponseBody {
        ResponseBody(contentLength: range.count) { writer in
            let descriptor = try FileFault.check(open(path, O_RDONLY | O_CLOEXEC), path)
            defer { close(descriptor) }
            var at = range.lowerBound
            let end = min(range.upperBound, cutAfter.map { range.lowerBound + $0 } ?? .max)
            while at < end {
                let count = min(64 * 1024, end - at)
                var buffer = ByteBufferAllocator().buffer(capacity: count)
                let read = buffer.writeWithUnsafeMutableBytes(minimumWritableBytes: count) { bytes in
                    max(0, pread(descriptor, bytes.baseAddress, count, off_t(at)))
                }
                guard read > 0 else { throw FileFault(path: path, code: EIO) }
                at += read
                try await writer.write(buffer)
                // Writes are handed to the connection's thread. Without a look at it now and then, a
                // reader of the disk runs far ahead of a slow client, in memory.
                if let loop, at / (1 << 20) != (at - read) / (1 << 20) { try await loop.submit {}.get() }
            }
            if at < range.upperBound { throw HungUp() }
            try await writer.finish(nil)
        }
    }
}
