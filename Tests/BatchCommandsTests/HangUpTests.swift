import NIOCore
import NIOPosix
import Synchronization
import Testing

@testable import BatchCommands

/// A daemon that stops between two calls, while systemd keeps its socket.
@Suite struct HangUpTests {
    @Test func aQuestionIsAskedOnceMoreWhenNobodyAnsweredIt() async throws {
        let daemon = HangingUp(times: 1)
        try await daemon.serving { socket in
            let bench = Bench()
            #expect(await bench.run("show", "w1", socket: socket) == .error, "\(bench.err)")
            #expect(bench.err.contains("There is no such thing."), "\(bench.err)")
        }
        #expect(daemon.calls == Array(repeating: "GET /v1/workloads/w1 HTTP/1.1", count: 2))
    }

    @Test func aChangeIsNotAskedForTwice() async throws {
        let daemon = HangingUp(times: 2)
        try await daemon.serving { socket in
            let bench = Bench()
            #expect(await bench.run("pause", "ALL", socket: socket) == .temporary)
            #expect(bench.err.contains("went away before its answer was complete"), "\(bench.err)")
        }
        #expect(daemon.calls.count == 1)
    }
}

/// Hangs up on so many callers, and tells the others that there is no such thing.
private final class HangingUp: ChannelInboundHandler, Sendable {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private let times: Int
    private let heard = Mutex<[String]>([])

    init(times: Int) { self.times = times }

    /// The first line of each call.
    var calls: [String] { heard.withLock { $0 } }

    func serving(_ body: (_ socket: String) async throws -> Void) async throws {
        try await withTemporaryFolder { folder in
            let listener = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
                .childChannelInitializer { channel in
                    channel.eventLoop.makeCompletedFuture {
                        try channel.pipeline.syncOperations.addHandler(self)
                    }
                }
                .bind(unixDomainSocketPath: folder + "/d.sock").get()
            try await body(folder + "/d.sock")
            try await listener.close()
        }
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let text = String(buffer: unwrapInboundIn(data))
        let count = heard.withLock { heard in
            heard.append(String(text.prefix { !$0.isNewline }))
            return heard.count
        }
        guard count > times else { return context.close(promise: nil) }
        let body = #"{"error":{"code":"not_found","message":"There is no such thing.","hint":null}}"#
        let answer =
            "HTTP/1.1 404 Not Found\r\ncontent-length: \(body.utf8.count)\r\nconnection: close\r\n\r\n\(body)"
        context.writeAndFlush(wrapOutboundOut(ByteBuffer(string: answer)), promise: nil)
    }
}
