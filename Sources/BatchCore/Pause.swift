/// What a person can stop for a while: no new job is begun for it; jobs that run end and are archived.
package enum PauseScope: Hashable, Sendable, CustomStringConvertible {
    case all
    case queue(String)
    case workload(WorkloadID)

    /// As people write it: `ALL`, a queue's name, `w12`.
    package var description: String {
        switch self {
        case .all: "ALL"
        case .queue(let name): name
        case .workload(let id): "\(id)"
        }
    }
}

/// A stop that a person has made.
package struct Pause: Hashable, Sendable {
    /// What is stopped.
    package var scope: PauseScope
    /// Why, in the person's words.
    package var reason: String?
    /// When it was made.
    package var since: Timestamp
    /// When it ends by itself; nil when a person must end it.
    package var until: Timestamp?

    /// A stop as it was made.
    package init(scope: PauseScope, reason: String?, since: Timestamp, until: Timestamp?) {
        self.scope = scope
        self.reason = reason
        self.since = since
        self.until = until
    }

    /// True while it counts.
    package func holds(at now: Timestamp) -> Bool { until.map { now < $0 } ?? true }
}
