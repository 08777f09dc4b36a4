import NIOCore
import NIOPosix

/// Answers with ten bytes now and ten bytes then.
enum TrickleServer {
    static func with(pieces: Int, pause: TimeAmount, _ body: (String) async throws -> Void) async throws {
        let channel = try await ServerBootstrap(group: .singletonMultiThreadedEventLoopGroup)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(Handler(pieces: pieces, pause: pause))
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        do {
            try await body("http://127.0.0.1:\(channel.localAddress!.port!)/d")
            try await channel.close()
        } catch {
            try await channel.close()
            throw error
        }
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
