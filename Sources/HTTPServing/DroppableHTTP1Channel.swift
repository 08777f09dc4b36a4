package import HummingbirdCore
package import Logging
package import NIOCore
import Synchronization

/// HTTP/1.1 on connections that may be dropped before they are served.
///
/// A server that stops drops the connections that arrived last. NIO ends the process when one was set up and is never
/// handled ("Deinited NIOAsyncWriter without calling finish()", swift-nio issue 2637), so that whoever calls in that
/// moment would kill the server. Here such a connection is closed, and that is all.
package struct DroppableHTTP1Channel: ServerChildChannel {
    private let base: HTTP1Channel

    /// Serves as `base` does.
    package init(_ base: HTTP1Channel) { self.base = base }

    /// A connection, until it is served.
    package final class Arrival: ServerChildChannelValue {
        /// The connection.
        package var channel: any Channel { value.channel }
        fileprivate let value: HTTP1Channel.Value
        private let isServed = Atomic(false)

        fileprivate init(_ value: HTTP1Channel.Value) { self.value = value }

        fileprivate func serve() -> HTTP1Channel.Value {
            isServed.store(true, ordering: .relaxed)
            return value
        }

        deinit {
            guard !isServed.load(ordering: .relaxed) else { return }
            _ = value.channel.eventLoop.makeFutureWithTask { [value] in
                try await value.executeThenClose { _, _ in }
            }
        }
    }

    /// Makes the connection ready for requests.
    package func setup(channel: any Channel, logger: Logger) -> EventLoopFuture<Arrival> {
        base.setup(channel: channel, logger: logger).map(Arrival.init)
    }

    /// Serves the connection until it ends.
    package func handle(value arrival: Arrival, logger: Logger) async {
        await base.handle(value: arrival.serve(), logger: logger)
    }
}

extension HTTPServerBuilder {
    /// HTTP/1.1 as `.http1` has it, on connections that may be dropped: see `DroppableHTTP1Channel`.
    package static func http1Droppable(
        configuration: HTTP1Channel.Configuration = .init()
    ) -> HTTPServerBuilder {
        HTTPServerBuilder {
            DroppableHTTP1Channel(HTTP1Channel(responder: $0, configuration: configuration))
        }
    }
}
