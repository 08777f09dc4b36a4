import Hummingbird
import Logging
import NIOCore

/// What travels with one request.
struct SimulatorContext: RequestContext {
    var coreContext: CoreRequestContextStorage
    /// The connection, so that it can be cut.
    let channel: any Channel
    /// A fault says to cut the transfer after so many bytes.
    var cutAfter: Int?
    /// The id that the answer will carry.
    var requestID = ""

    init(source: ApplicationRequestContextSource) {
        coreContext = .init(source: source)
        channel = source.channel
    }

    /// Closes the connection without a word.
    func hangUp() {
        channel.close(mode: .all, promise: nil)
    }
}

/// The transfer was cut on purpose.
struct HungUp: Error {}
