import BatchCore
import Env
import Glibc
import Hummingbird
import HummingbirdCore
import Logging
import NIOCore
import ServiceLifecycle

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
/// It runs while the state directory is locked, so a socket file that is in the way is a dead one,
/// unless a daemon with another state directory answers there: that one is left alone.
struct ControlServer: Service {
    private let configuration: Configuration.Control
    private let responder: RouterResponder<BasicRequestContext>
    private let logger: Logger
    private let onReady: @Sendable () -> Void

    /// A server for these routes; `onReady` runs once it answers.
    init(
        _ configuration: Configuration.Control, router: ControlRouter, logger: Logger,
        onReady: @escaping @Sendable () -> Void
    ) {
        self.configuration = configuration
        responder = router.router.buildResponder()
        self.logger = logger
        self.onReady = onReady
    }

    private static let channel = HTTP1Channel.Configuration(
        idleTimeout: TimeAmount(ControlLimits.silence),
        httpDecoderConfiguration: .init(
            maxHeaderFieldSize: ControlLimits.fieldBytes, maxHeaderListSize: ControlLimits.headerBytes,
            maxHeaderFieldCount: ControlLimits.fields))

    /// Serves until graceful shutdown, then finishes the open requests.
    func run() async throws {
        let path = configuration.socket
        guard !isAnswering(path) else { throw ControlServerError.taken(path: path) }
        try FileSystem.makeFolders(FileSystem.folder(of: path))
        var quiet = logger
        quiet.logLevel = max(logger.logLevel, .warning)
        // Bound under umask 0077: nobody but us can connect until its mode is set.
        let application = Application(
            responder: responder,
            server: .http1(configuration: Self.channel),
            configuration: ApplicationConfiguration(
                address: .unixDomainSocket(path: path), serverName: "batchd",
                availableConnectionsDelegate: MaximumAvailableConnections(ControlLimits.connections)),
            onServerRunning: { [configuration, logger, onReady] _ in
                if chmod(path, configuration.socketMode) != 0 {
                    logger.error("cannot set the mode of the socket", metadata: ["socket": "\(path)"])
                }
                onReady()
            },
            logger: quiet
        )
        defer { unlink(path) }
        try await application.run()
    }
}

/// Why the control socket cannot be served.
enum ControlServerError: Error, CustomStringConvertible {
    /// Another program answers there.
    case taken(path: String)

    /// A sentence for people.
    var description: String {
        switch self {
        case .taken(let path):
            "another program answers at \(path): stop it, or give this daemon a control.socket of its own"
        }
    }
}

/// True when something accepts connections at the socket.
private func isAnswering(_ path: String) -> Bool {
    let channel = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
    guard channel >= 0 else { return false }
    defer { close(channel) }
    guard let address = UnixAddress(path) else { return false }
    return address.withPointer { connect(channel, $0, $1) } == 0
}
