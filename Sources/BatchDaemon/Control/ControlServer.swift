import BatchCore
import Env
import HTTPServing
import Hummingbird
import HummingbirdCore
import Logging
import NIOCore
import NIOHTTP1
import NIOPosix
import ServiceLifecycle
import Synchronization

/// What a client of the control socket may ask of us. A body has no limit: a submission streams to the disk,
/// and `storage.min_free` bounds it.
enum ControlLimits {
    /// Connections at a time. More wait until one ends, so that they do not use up our file descriptors.
    static let connections = 256
    /// How long a client may say nothing while it is its turn: long enough for a slow producer of rows.
    static let silence = Duration.minutes(30)
    /// Header fields of a request.
    static let fields = 64
    /// The longest name, and the longest value, of a header field, in bytes.
    static let fieldBytes = 8 << 10
    /// All header fields together, in bytes.
    static let headerBytes = 32 << 10
}

/// HTTP on a Unix socket, for operators and their programs.
///
/// The socket is one that systemd keeps for us, or our own. Ours is made while the state directory is locked, so
/// a socket file that is in the way is a dead one, unless a daemon with another state directory answers there.
struct ControlServer: Service {
    private let configuration: Configuration.Control
    private let inherited: Int32?
    private let responder: RouterResponder<ControlContext>
    private let logger: Logger
    private let onReady: @Sendable () -> Void

    /// A server for these routes, on the socket `inherited` if there is one; `onReady` runs once it answers.
    init(
        _ configuration: Configuration.Control, inherited: Int32?, router: ControlRouter, logger: Logger,
        onReady: @escaping @Sendable () -> Void
    ) {
        self.configuration = configuration
        self.inherited = inherited
        responder = router.router.buildResponder()
        self.logger = logger
        self.onReady = onReady
    }

    private static let channel = HTTP1Channel.Configuration(
        idleTimeout: TimeAmount(ControlLimits.silence),
        httpDecoderConfiguration: .init(
            maxHeaderFieldSize: ControlLimits.fieldBytes, maxHeaderListSize: ControlLimits.headerBytes,
            maxHeaderFieldCount: ControlLimits.fields))

    /// Serves until graceful shutdown, then takes no new callers and finishes the open requests.
    func run() async throws {
        let listener =
            if let inherited {
                UnixListener(inherited: inherited)
            } else {
                try UnixListener(
                    path: configuration.socket, mode: configuration.socketMode,
                    group: configuration.readGroup?.id)
            }
        defer { listener.removeFile() }
        var quiet = logger
        quiet.logLevel = max(logger.logLevel, .warning)
        let http = DroppableHTTP1Channel(
            HTTP1Channel(
                responder: { [responder, quiet] request, writer, channel in
                    try await Self.answer(request, writer, channel, responder, quiet)
                }, configuration: Self.channel))
        let server = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .serverChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(
                        AvailableConnectionsChannelHandler(maxConnections: ControlLimits.connections))
                }
            }
            .childChannelOption(.allowRemoteHalfClosure, value: true)
            .bind(listener.descriptor) { [quiet] channel in http.setup(channel: channel, logger: quiet) }
        let callers = Callers()
        await withGracefulShutdownHandler {
            await withDiscardingTaskGroup { group in
                onReady()
                do {
                    try await server.executeThenClose { arrivals in
                        for try await caller in arrivals {
                            group.addTask { [quiet] in
                                let number = callers.arrived(caller.channel)
                                await http.handle(value: caller, logger: quiet)
                                callers.left(number)
                            }
                        }
                    }
                } catch {
                    logger.error("the control socket takes no more callers", metadata: ["error": "\(error)"])
                }
            }
        } onGracefulShutdown: {
            server.channel.close(promise: nil)
            callers.sayGoodBye()
        }
    }

    @concurrent private static func answer(
        _ request: Request, _ writer: consuming ResponseWriter, _ channel: any Channel,
        _ responder: RouterResponder<ControlContext>, _ logger: Logger
    ) async throws {
        let context = ControlContext(source: .init(channel: channel, logger: logger))
        var response: Response
        do {
            response = try await responder.respond(to: request, context: context)
        } catch let error as HTTPParserError {
            throw error
        } catch {
            response = Response(status: .internalServerError)
        }
        response.headers[.server] = "batchd"
        do {
            try await writer.write(response: response.head, body: response.body)
        } catch is HTTPParserError {
            // An answer has begun, and there must not be a second one.
            throw CancellationError()
        }
    }
}

/// The connections that are open, so that a stop can end them once they are answered.
private final class Callers: Sendable {
    private struct State {
        var open: [Int: any Channel] = [:]
        var last = 0
        var isOver = false
    }

    private let state = Mutex(State())

    func arrived(_ channel: any Channel) -> Int {
        let (number, isOver) = state.withLock { state in
            state.last += 1
            state.open[state.last] = channel
            return (state.last, state.isOver)
        }
        if isOver { Self.end(channel) }
        return number
    }

    func left(_ number: Int) { state.withLock { $0.open[number] = nil } }

    func sayGoodBye() {
        let open = state.withLock { state in
            state.isOver = true
            return Array(state.open.values)
        }
        for channel in open { Self.end(channel) }
    }

    /// Ends it at once when it is idle, and else behind the answer.
    private static func end(_ channel: any Channel) {
        channel.eventLoop.execute {
            channel.pipeline.fireUserInboundEventTriggered(ChannelShouldQuiesceEvent())
        }
    }
}
