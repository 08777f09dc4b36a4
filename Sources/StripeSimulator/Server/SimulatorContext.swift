import Hummingbird
import Logging
import NIOCore

/// What travels with one request.
struct SimulatorContext: RequestContext {
    var coreContext: CoreRequestContextStorage
    /// Closes the connection without a word.
    let hangUp: @Sendable () -> Void
    /// Where the connection lives; nil when there is none.
    let loop: (any EventLoop)?
    /// A fault says to cut the transfer after so many bytes.
    var cutAfter: Int?
    /// A fault says how fast an upload gets through, in bytes a second.
    var bytesPerSecond: Double?
    /// The id that the answer will carry.
    var requestID = ""

    init(source: ApplicationRequestContextSource) {
        coreContext = .init(source: source)
        let channel = source.channel
        hangUp = { channel.close(mode: .all, promise: nil) }
        loop = channel.eventLoop
    }

    /// A request that came without a connection.
    init(source: some RequestContextSource, hangUp: @escaping @Sendable () -> Void) {
        coreContext = .init(source: source)
        self.hangUp = hangUp
        loop = nil
    }
}

/// The transfer was cut on purpose.
struct HungUp: Error {}
