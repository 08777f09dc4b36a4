import NIOCore

/// Answers with ten bytes now and ten bytes then.
enum TrickleServer {
    static func with(pieces: Int, pause: TimeAmount, _ body: (String) async throws -> Void) async throws {
        try await LocalServer.with({ Handler(pieces: pieces, pause: pause) }) { try await body($0 + "/d") }
    }

    private final class Handler: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer
        private let pieces: Int
        private let pause: TimeAmount

        init(pieces: Int, pause: TimeAmount) {
            self.pieces = pieces
            self.pause = pause
        }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            let channel = context.channel
            let head = "HTTP/1.1 200 OK\r\nContent-Length: \(10 * pieces)\r\n\r\n"
            channel.writeAndFlush(ByteBuffer(string: head), promise: nil)
            for piece in 1...pieces {
                channel.eventLoop.scheduleTask(in: pause * piece) {
                    channel.writeAndFlush(ByteBuffer(string: "0123456789"), promise: nil)
                }
            }
        }
    }
}
