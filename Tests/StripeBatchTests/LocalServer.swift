import NIOCore
import NIOPosix

/// A server on this machine that speaks as its handler does, for as long as `body` runs.
enum LocalServer {
    /// `handler` is made anew for every connection; `body` gets the address, without a path.
    static func with(
        _ handler: @escaping @Sendable () -> any ChannelInboundHandler, _ body: (String) async throws -> Void
    ) async throws {
        let channel = try await ServerBootstrap(group: .singletonMultiThreadedEventLoopGroup)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(handler())
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        do {
            try await body("http://127.0.0.1:\(channel.localAddress!.port!)")
            try await channel.close()
        } catch {
            try await channel.close()
            throw error
        }
    }
}
