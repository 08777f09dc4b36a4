/// What goes wrong between a client and the simulator, for whole requests.
struct WireFault: CountedFault, Codable, Equatable {
    /// Which requests.
    var on: Target
    var action: Action
    /// How many requests it strikes.
    ///
    /// One, unless a probability or `forever` is given.
    var count: Int?
    /// The chance that it strikes a request; by itself it has no end.
    var probability: Double?
    /// Strikes every request until the faults are cleared.
    var forever: Bool?
    /// Requests that pass before it begins.
    var skip: Int?
    /// `status`: what to answer (500 by default), with which body (`json`, `html`, `empty`).
    var status: Int?
    var body: Body?
    var code: String?
    var shouldRetry: Bool?
    /// `cut`: bytes that pass before the connection is closed.
    var afterBytes: Int?
    /// `throttle`: bytes a real second that an upload gets through at.
    var bytesPerSecond: Double?
    /// Waits so long, in wall milliseconds, before anything else.
    var delayMilliseconds: Int?

    /// A kind of request.
    enum Target: String, Choice, Sendable {
        case create, retrieve, cancel, upload, download
        /// Listing and retrieving events, and all about their destinations.
        case events
        case any
    }

    /// What is done to a request.
    enum Action: String, Choice, Sendable {
        /// Answered with `status`, without effect.
        case status
        /// The connection is closed before the request has an effect.
        case loseBefore = "lose_before"
        /// The request takes effect, and the connection is closed instead of an answer.
        case loseAfter = "lose_after"
        /// The connection is closed in the middle of the transfer.
        case cut
        /// The answer's body ends early, under a valid length.
        case truncate
        /// An upload gets through slowly.
        case throttle
        /// Only the delay.
        case delay
    }

    /// The body of an injected answer.
    enum Body: String, Choice, Sendable {
        case json, html, empty
    }

    enum CodingKeys: String, CodingKey, CaseIterable {
        case on, action, count, probability, forever, skip, status, body, code
        case shouldRetry = "should_retry"
        case afterBytes = "after_bytes"
        case bytesPerSecond = "bytes_per_second"
        case delayMilliseconds = "delay_ms"
    }
}

extension Strikes<WireFault> {
    /// The fault that strikes this request, if any.
    mutating func strike(_ target: WireFault.Target) -> WireFault? {
        strike { $0.on == target || $0.on == .any }
    }
}
