import BatchCore
import ControlAPI
import Synchronization

/// How the deliveries of events fare: for `status`, the metrics, and the log.
final class WebhookHealth: Sendable {
    /// What became of a delivery. The raw values are labels of the metrics.
    enum Result: String, CaseIterable {
        case accepted, duplicate
        case badSignature = "bad_signature"
        case outdated
        case notAnEvent = "not_an_event"
        case tooLarge = "too_large"

        var isRefusal: Bool {
            switch self {
            case .accepted, .duplicate: false
            case .badSignature, .outdated, .notAnEvent, .tooLarge: true
            }
        }
    }

    private struct State {
        var counts: [Result: Int] = [:]
        var lastEventAt: Timestamp?
        var loggedAt: Timestamp?
        var unlogged = 0
    }

    private let state = Mutex(State())

    /// One line of the log a minute says enough of refused deliveries: who sends them decides how many there are.
    private static let logPause = Duration.seconds(60)

    /// Takes a delivery down.
    ///
    /// - Returns: for a refusal that the log should have, how many before it were left out; else nil.
    func note(_ result: Result, at now: Timestamp) -> Int? {
        state.withLock { state in
            state.counts[result, default: 0] += 1
            guard result.isRefusal else {
                state.lastEventAt = now
                return nil
            }
            if let last = state.loggedAt, last <= now, now - last < Self.logPause {
                state.unlogged += 1
                return nil
            }
            defer { (state.loggedAt, state.unlogged) = (now, 0) }
            return state.unlogged
        }
    }

    /// For `status`.
    func status(listen: String) -> WebhookStatus {
        let state = state.withLock { $0 }
        return WebhookStatus(
            listen: listen, lastEventAt: state.lastEventAt?.rfc3339,
            accepted: state.counts[.accepted, default: 0], duplicates: state.counts[.duplicate, default: 0],
            refused: state.counts.filter(\.key.isRefusal).values.reduce(0, +))
    }

    /// For the metrics.
    func write(to text: inout PrometheusText) {
        let state = state.withLock { $0 }
        text.family(
            "batchd_webhook_events_total", .counter, "Deliveries of events, by what became of them.",
            Result.allCases.map { ([("result", $0.rawValue)], Double(state.counts[$0, default: 0])) })
        if let last = state.lastEventAt {
            text.gauge(
                "batchd_webhook_last_event_timestamp_seconds", "When the last good event came.",
                Double(last.milliseconds) / 1000)
        }
    }
}

/// The ids of the last events, so that one that comes twice counts once. The oldest is forgotten first.
struct EventMemory {
    private var ids: Set<String> = []
    private var order: [String] = []
    private var oldest = 0
    private let capacity: Int

    init(capacity: Int = 10_000) { self.capacity = capacity }

    /// True when the id is new.
    mutating func insert(_ id: String) -> Bool {
        guard ids.insert(id).inserted else { return false }
        if order.count < capacity {
            order.append(id)
        } else {
            ids.remove(order[oldest])
            order[oldest] = id
            oldest = (oldest + 1) % capacity
        }
        return true
    }
}
