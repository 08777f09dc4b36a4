/// What goes wrong between a client and the simulator, for whole requests.
struct WireFault: Codable, Equatable, Sendable {
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
    /// Waits so long, in wall milliseconds, before anything else.
    var delayMilliseconds: Int?

    /// A kind of request.
    enum Target: String, Codable, Sendable, CaseIterable {
        case create, retrieve, cancel, upload, download
        /// Listing and retrieving events, and all about their destinations.
        case events
        case any
    }

    /// What is done to a request.
    enum Action: String, Codable, Sendable {
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
        /// Only the delay.
        case delay
    }

    /// The body of an injected answer.
    enum Body: String, Codable, Sendable {
        case json, html, empty
    }

    enum CodingKeys: String, CodingKey, CaseIterable {
        case on, action, count, probability, forever, skip, status, body, code
        case shouldRetry = "should_retry"
        case afterBytes = "after_bytes"
        case delayMilliseconds = "delay_ms"
    }
}

/// The wire faults in force, with what is left of each.
struct WireFaults: Sendable {
    private var faults: [(fault: WireFault, left: Int?, toSkip: Int)] = []
    private var random: SeededRandom

    init(seed: UInt64, faults: [WireFault] = []) {
        random = SeededRandom(seed: seed)
        for fault in faults { add(fault) }
    }

    /// Those that can still strike.
    var active: [WireFault] {
        faults.map { entry in
            var fault = entry.fault
            fault.count = entry.left
            return fault
        }
    }

    mutating func add(_ fault: WireFault) {
        let isEndless = fault.forever == true || (fault.count == nil && fault.probability != nil)
        faults.append((fault, isEndless ? nil : fault.count ?? 1, fault.skip ?? 0))
    }

    /// The fault that strikes this request, if any; it is used up by one.
    mutating func strike(_ target: WireFault.Target) -> WireFault? {
        for index in faults.indices {
            let fault = faults[index].fault
            guard fault.on == target || fault.on == .any else { continue }
            if faults[index].toSkip > 0 {
                faults[index].toSkip -= 1
                continue
            }
            if let probability = fault.probability, Double.random(in: 0..<1, using: &random) >= probability {
                continue
            }
            if let left = faults[index].left {
                if left > 1 { faults[index].left = left - 1 } else { faults.remove(at: index) }
            }
            return fault
        }
        return nil
    }
}
