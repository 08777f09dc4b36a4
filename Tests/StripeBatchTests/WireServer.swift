import NIOCore
import NIOPosix
import Synchronization

/// A request as it came over the wire, nothing interpreted.
struct SeenRequest: Sendable {
    /// The first line: method, target, version.
    var line: String
    /// The head, lower case.
    var headers: [String: String]
    /// What came of the body.
    var body: [UInt8]
}

/// What the server does with a request.
enum Reply: Sendable {
    /// These bytes, and the connection stays open.
    case bytes([UInt8])
    /// These bytes, then the connection closes.
    case bytesThenClose([UInt8])
    /// The connection closes, once `bodyBytes` of the body have come, without a word.
    case cut(bodyBytes: Int)
    /// These bytes as soon as the head has come, then the connection closes.
    case early([UInt8])
    /// Nothing, ever.
    case silence

    /// A whole answer.
    static func answer(_ status: String, headers: [String] = [], _ body: [UInt8]) -> Reply {
        .bytes(head(status, headers + ["Content-Length: \(body.count)"]) + body)
    }

    /// A whole answer.
    static func answer(_ status: String, headers: [String] = [], _ body: String) -> Reply {
        answer(status, headers: headers, Array(body.utf8))
    }

    static func head(_ status: String, _ headers: [String]) -> [UInt8] {
        Array((["HTTP/1.1 \(status)"] + headers + ["", ""]).joined(separator: "\r\n").utf8)
    }
}

/// A server of raw bytes on a real socket. It knows just enough HTTP to see where a request ends.
final class WireServer: Sendable {
    private let channel: any Channel
    private let record: Record

    final class Record: Sendable {
        let requests = Mutex<[SeenRequest]>([])
        let reply: @Sendable (Int, SeenRequest) -> Reply

        init(_ reply: @escaping @Sendable (Int, SeenRequest) -> Reply) { self.reply = reply }
    }

    private init(channel: any Channel, record: Record) {
        self.channel = channel
        self.record = record
    }

    /// Serves while `body` runs. `reply` gets the number of the request, from 0, and its head.
    static func with<Value>(
        _ reply: @escaping @Sendable (Int, SeenRequest) -> Reply,
        _ body: (WireServer) async throws -> Value
    ) async throws -> Value {
        let record = Record(reply)
        let channel = try await ServerBootstrap(group: .singletonMultiThreadedEventLoopGroup)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(Connection(record))
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        let server = WireServer(channel: channel, record: record)
        do {
            let value = try await body(server)
            try await channel.close()
            return value
        } catch {
            try await channel.close()
            throw error
        }
    }

    var base: String { "http://127.0.0.1:\(channel.localAddress!.port!)" }

    var requests: [SeenRequest] { record.requests.withLock { $0 } }
}

private final class Connection: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private let record: WireServer.Record
    private var received = ByteBuffer()
    private var head: (request: SeenRequest, length: Int, number: Int, reply: Reply)?

    init(_ record: WireServer.Record) { self.record = record }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        var piece = unwrapInboundIn(data)
        received.writeBuffer(&piece)
        if head == nil { readHead(context) }
        guard let head else { return }
        let body = received.readableBytes
        switch head.reply {
        case .early(let bytes): finish(context, bytes, close: true)
        case .cut(let limit) where body >= limit: finish(context, nil, close: true)
        case .bytes(let bytes) where body >= head.length: finish(context, bytes, close: false)
        case .bytesThenClose(let bytes) where body >= head.length: finish(context, bytes, close: true)
        default: break
        }
    }

    private func readHead(_ context: ChannelHandlerContext) {
        let bytes = received.readableBytesView
        guard let end = bytes.firstRange(of: Array("\r\n\r\n".utf8)) else { return }
        let lines = String(decoding: bytes[..<end.lowerBound], as: UTF8.self).split(separator: "\r\n")
        var headers: [String: String] = [:]
        for line in lines.dropFirst() {
            let colon = line.firstIndex(of: ":")!
            headers[line[..<colon].lowercased()] = String(
                line[line.index(after: colon)...].drop { $0 == " " })
        }
        received.moveReaderIndex(to: end.upperBound)
        let request = SeenRequest(line: String(lines[0]), headers: headers, body: [])
        let number = record.requests.withLock { seen in
            seen.append(request)
            return seen.count - 1
        }
        head = (
            request, headers["content-length"].flatMap { Int($0) } ?? 0, number, record.reply(number, request)
        )
    }

    private func finish(_ context: ChannelHandlerContext, _ bytes: [UInt8]?, close: Bool) {
        let body = received.readBytes(length: min(received.readableBytes, head!.length)) ?? []
        record.requests.withLock { $0[head!.number].body = body }
        head = nil
        let channel = context.channel
        guard let bytes else { return context.close(promise: nil) }
        context.writeAndFlush(wrapOutboundOut(ByteBuffer(bytes: bytes))).whenComplete { _ in
            if close { channel.close(promise: nil) }
        }
    }
}
