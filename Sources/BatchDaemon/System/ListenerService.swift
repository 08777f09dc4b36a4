import HTTPServing
import HTTPTypes
import Hummingbird
import HummingbirdCore
import Logging
import NIOCore
import ServiceLifecycle

/// HTTP on a TCP port, for what is not an operator: a scraper, or Stripe.
struct ListenerService: Service {
    /// The key of the configuration that asked for it.
    let key: String
    let address: ListenAddress
    let responder: RouterResponder<ControlContext>
    let logger: Logger

    /// Connections at a time; more wait.
    private static let connections = 64
    /// How long a client may say nothing while it is its turn.
    private static let silence = TimeAmount.seconds(20)

    /// Serves until graceful shutdown.
    func run() async throws {
        var quiet = logger
        quiet.logLevel = max(logger.logLevel, .warning)
        let channel = HTTP1Channel.Configuration(
            idleTimeout: Self.silence,
            httpDecoderConfiguration: .init(
                maxHeaderFieldSize: ControlLimits.fieldBytes, maxHeaderListSize: ControlLimits.headerBytes,
                maxHeaderFieldCount: ControlLimits.fields))
        let application = Application(
            responder: responder, server: .http1Droppable(configuration: channel),
            configuration: ApplicationConfiguration(
                address: .hostname(address.host, port: address.port), serverName: "batchd",
                availableConnectionsDelegate: MaximumAvailableConnections(Self.connections)),
            onServerRunning: { [logger, key] channel in
                let address = channel.localAddress
                logger.notice(
                    "listening",
                    metadata: [
                        "for": "\(key)", "address": "\(address?.ipAddress ?? ""):\(address?.port ?? 0)",
                    ])
            },
            logger: quiet)
        do {
            try await application.run()
        } catch let error as IOError {
            throw ListenerError(key: key, address: address, reason: error)
        }
    }
}

/// Why a listener cannot be had.
struct ListenerError: Error, CustomStringConvertible {
    let key: String
    let address: ListenAddress
    let reason: IOError

    /// A sentence for people.
    var description: String {
        "cannot listen at \(address) (\(key)): \(reason); choose another address, or null"
    }
}
