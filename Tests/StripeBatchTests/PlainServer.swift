import NIOCore

/// Answers the first bytes of every connection with one text, and closes it.
enum PlainServer {
    static func with(_ text: String, _ body: (String) async throws -> Void) async throws {
        try await LocalServer.with({ Handler(text) }, body)
    }

    private final class Handler: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer
        typealias OutboundOut = ByteBuffer
        private let text: String

        init(_ text: String) { self.text = text }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            let channel = context.channel
            context.writeAndFlush(wrapOutboundOut(ByteBuffer(string: text))).whenComplete { _ in
                channel.close(promise: nil)
            }
        }
    }
}
