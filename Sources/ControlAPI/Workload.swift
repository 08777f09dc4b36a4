/// What a person or program submitted to a queue: many rows, one name, one id.
package struct Workload: Codable, Hashable, Sendable {
    /// `w12`.
    package var id: String
    /// The name given at submission; the file's name when none was given.
    package var name: String
    /// The queue's name.
    package var queue: String
    /// A `WorkloadState`; text, so that a client can read a newer daemon's states.
    package var state: String
    /// Why it is in this state: set when it is held or paused.
    @OrNull package var reason: String?
    /// What a person can do about it: set when it is held.
    @OrNull package var hint: String?
    /// RFC 3339, UTC.
    package var createdAt: String
    /// RFC 3339, UTC; nil until it has ended.
    @OrNull package var finishedAt: String?
    /// A greater one goes first, within its queue.
    package var priority: Int
    /// RFC 3339, UTC: no job is begun for it before; nil for at once.
    @OrNull package var startAfter: String?
    /// Where its rows are.
    package var rows: RowCounts
    /// Its queued rows that wait for their turn; nil when none does.
    @OrNull package var waiting: WaitingRows?
    /// Rows that reach an outcome each second, as seen lately; nil when not known.
    @OrNull package var ratePerSecond: Double?
    /// RFC 3339, UTC: when it will end at this rate; nil when not known.
    @OrNull package var eta: String?
    /// Its batches, counted.
    package var batches: BatchCounts
    /// What was submitted.
    package var source: Source

    /// The state as a value; nil when it is one that this version does not know.
    package var knownState: WorkloadState? { WorkloadState(rawValue: state) }

    /// All members, in the order of the document.
    package init(
        id: String, name: String, queue: String, state: WorkloadState, reason: String?, hint: String?,
        createdAt: String, finishedAt: String?, priority: Int, startAfter: String?, rows: RowCounts,
        waiting: WaitingRows?, ratePerSecond: Double?, eta: String?, batches: BatchCounts, source: Source
    ) {
        self.id = id
        self.name = name
        self.queue = queue
        self.state = state.rawValue
        self.reason = reason
        self.hint = hint
        self.createdAt = createdAt
        self.finishedAt = finishedAt
        self.priority = priority
        self.startAfter = startAfter
        self.rows = rows
        self.waiting = waiting
        self.ratePerSecond = ratePerSecond
        self.eta = eta
        self.batches = batches
        self.source = source
    }

    enum CodingKeys: String, CodingKey {
        case id, name, queue, state, reason, hint, priority, rows, waiting, eta, batches, source
        case startAfter = "start_after"
        case createdAt = "created_at"
        case finishedAt = "finished_at"
        case ratePerSecond = "rate_per_second"
    }
}

/// Rows that wait because rows submitted before them act on the same objects. They count as queued.
package struct WaitingRows: Codable, Hashable, Sendable {
    /// How many.
    package var rows: Int
    /// The id of the first one.
    package var first: String
    /// The row that goes before that one.
    package var waitsFor: RowReference

    /// All members.
    package init(rows: Int, first: String, waitsFor: RowReference) {
        self.rows = rows
        self.first = first
        self.waitsFor = waitsFor
    }

    enum CodingKeys: String, CodingKey {
        case rows, first
        case waitsFor = "waits_for"
    }
}

/// Where a workload stands.
package enum WorkloadState: String, CaseIterable, Sendable {
    /// Its rows are being read and checked.
    case loading
    /// It waits for its turn.
    case queued
    /// It owns batches that are under way.
    case running
    /// A person stopped it for now.
    case paused
    /// It cannot go on without a person.
    case held
    /// Every row has its outcome.
    case finished
    /// A person gave it up.
    case canceled
}

/// How many batches a workload has had, and how many are under way.
package struct BatchCounts: Codable, Hashable, Sendable {
    /// All of them, from the first on.
    package var total: Int
    /// Those not yet settled or released.
    package var active: Int

    /// All members.
    package init(total: Int, active: Int) {
        self.total = total
        self.active = active
    }

    enum CodingKeys: String, CodingKey {
        case total, active
    }
}

/// The content that was submitted.
package struct Source: Codable, Hashable, Sendable {
    /// Its length.
    package var bytes: Int
    /// Its SHA-256, in lower-case hex.
    package var sha256: String

    /// All members.
    package init(bytes: Int, sha256: String) {
        self.bytes = bytes
        self.sha256 = sha256
    }

    enum CodingKeys: String, CodingKey {
        case bytes, sha256
    }
}
