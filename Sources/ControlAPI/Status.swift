/// One screen: is the daemon alive, what is it doing, and what waits for a person.
package struct Status: Codable, Hashable, Sendable {
    /// The daemon itself.
    package var daemon: DaemonStatus
    /// The rows of all workloads.
    package var rows: RowCounts
    /// The jobs of all accounts.
    package var jobs: JobCounts
    /// RFC 3339, UTC: when a job is looked at next; nil when none is at Stripe.
    @OrNull package var nextLookAt: String?
    /// Workloads that have not ended, then those that ended last.
    package var workloads: [Workload]
    /// The most urgent deadline; nil when there is none.
    @OrNull package var nearestDeadline: Deadline?
    /// Deadlines that come near although they should not: something keeps jobs or results from being fetched.
    package var alarms: [Deadline]
    /// The GETs of each account.
    package var reads: [ReadStatus]
    /// Queues that have rows to send and wait for their window.
    package var closed: [WindowNotice]
    /// What a person has stopped.
    package var paused: [PauseNotice]
    /// What cannot go on without a person.
    package var held: [HeldNotice]
    /// The room that is left.
    package var disk: DiskStatus
    /// How Stripe's events arrive; nil when nobody listens for them.
    @OrNull package var webhook: WebhookStatus?

    /// All members, in the order of the document.
    package init(
        daemon: DaemonStatus, rows: RowCounts, jobs: JobCounts, nextLookAt: String?, workloads: [Workload],
        nearestDeadline: Deadline?, alarms: [Deadline], reads: [ReadStatus],
        closed: [WindowNotice], paused: [PauseNotice],
        held: [HeldNotice], disk: DiskStatus, webhook: WebhookStatus? = nil
    ) {
        self.daemon = daemon
        self.rows = rows
        self.jobs = jobs
        self.nextLookAt = nextLookAt
        self.workloads = workloads
        self.nearestDeadline = nearestDeadline
        self.alarms = alarms
        self.reads = reads
        self.closed = closed
        self.paused = paused
        self.held = held
        self.disk = disk
        self.webhook = webhook
    }

    enum CodingKeys: String, CodingKey {
        case daemon, rows, jobs, workloads, alarms, reads, closed, paused, held, disk, webhook
        case nextLookAt = "next_look_at"
        case nearestDeadline = "nearest_deadline"
    }
}

/// The daemon's own state.
package struct DaemonStatus: Codable, Hashable, Sendable {
    /// `batchdVersion` of the running daemon.
    package var version: String
    /// Its process id.
    package var pid: Int
    /// RFC 3339, UTC.
    package var startedAt: String
    /// `starting`, `running` or `stopping`.
    package var state: String
    /// A sentence for people: what it is doing or waiting for.
    package var message: String

    /// All members, in the order of the document.
    package init(version: String, pid: Int, startedAt: String, state: String, message: String) {
        self.version = version
        self.pid = pid
        self.startedAt = startedAt
        self.state = state
        self.message = message
    }

    enum CodingKeys: String, CodingKey {
        case version, pid, state, message
        case startedAt = "started_at"
    }
}

/// The GETs that an account has made in this calendar month (UTC).
package struct ReadStatus: Codable, Hashable, Sendable {
    /// The account's name.
    package var account: String
    /// How many it has made.
    package var made: Int
    /// How many it may make; nil for any number.
    @OrNull package var limit: Int?
    /// How many it may still make; nil for any number.
    @OrNull package var left: Int?
    /// The shortest pause between two looks at one job: it grows as the budget is spent.
    package var pauseSeconds: Double

    /// All members, in the order of the document.
    package init(account: String, made: Int, limit: Int?, left: Int? = nil, pauseSeconds: Double = 0) {
        self.account = account
        self.made = made
        self.limit = limit
        self.left = left
        self.pauseSeconds = pauseSeconds
    }

    enum CodingKeys: String, CodingKey {
        case account, made, limit, left
        case pauseSeconds = "pause_seconds"
    }
}

/// A queue that begins no jobs before its window opens.
package struct WindowNotice: Codable, Hashable, Sendable {
    /// The queue's name.
    package var queue: String
    /// `22:00-06:00 Europe/Paris`.
    package var window: String
    /// RFC 3339, UTC.
    package var opensAt: String

    /// All members.
    package init(queue: String, window: String, opensAt: String) {
        self.queue = queue
        self.window = window
        self.opensAt = opensAt
    }

    enum CodingKeys: String, CodingKey {
        case queue, window
        case opensAt = "opens_at"
    }
}

/// Something that waits for a person, and what that person can do.
package struct HeldNotice: Codable, Hashable, Sendable {
    /// The workload that it is in.
    package var workload: String
    /// How many rows are held; 0 when the workload as a whole is.
    package var rows: Int
    /// Why: `unknown_outcome`, `validation`, ….
    package var reason: String
    /// A sentence for people.
    package var message: String
    /// The command that shows it, ready to be typed.
    package var command: String
    /// The commands that decide it, ready to be typed.
    package var commands: [String]

    /// All members, in the order of the document.
    package init(
        workload: String, rows: Int, reason: String, message: String, command: String, commands: [String]
    ) {
        self.workload = workload
        self.rows = rows
        self.reason = reason
        self.message = message
        self.command = command
        self.commands = commands
    }

    enum CodingKeys: String, CodingKey {
        case workload, rows, reason, message, command, commands
    }
}

/// Room on the disk that holds the state directory.
package struct DiskStatus: Codable, Hashable, Sendable {
    /// Bytes that are free to us.
    package var freeBytes: Int
    /// Below this many there is no intake.
    package var minFreeBytes: Int

    /// All members.
    package init(freeBytes: Int, minFreeBytes: Int) {
        self.freeBytes = freeBytes
        self.minFreeBytes = minFreeBytes
    }

    enum CodingKeys: String, CodingKey {
        case freeBytes = "free_bytes"
        case minFreeBytes = "min_free_bytes"
    }
}

/// How Stripe's events arrive, since the daemon started.
package struct WebhookStatus: Codable, Hashable, Sendable {
    /// Where they are taken.
    package var listen: String
    /// RFC 3339, UTC: when the last good one came; nil when none did.
    @OrNull package var lastEventAt: String?
    /// How many were taken.
    package var accepted: Int
    /// How many came once more.
    package var duplicates: Int
    /// How many were refused: a wrong signature, or no event.
    package var refused: Int

    /// All members, in the order of the document.
    package init(listen: String, lastEventAt: String?, accepted: Int, duplicates: Int, refused: Int) {
        self.listen = listen
        self.lastEventAt = lastEventAt
        self.accepted = accepted
        self.duplicates = duplicates
        self.refused = refused
    }

    enum CodingKeys: String, CodingKey {
        case listen, accepted, duplicates, refused
        case lastEventAt = "last_event_at"
    }
}
