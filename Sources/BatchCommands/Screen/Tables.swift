import ControlAPI

/// The tables of everything that can be listed.
enum Tables {
    static func workloads(_ clockface: Clockface) -> Table<Workload> {
        Table(
            "workloads",
            [
                .text("ID") { Cell($0.id) },
                .text("NAME", flexible: true) { Cell($0.name) },
                .text("QUEUE", flexible: true) { Cell($0.queue) },
                .text("STATE") { Cell(state: $0.state) },
                .number("ROWS") { Cell(Human.count($0.rows.total)) },
                .number("DONE") { Cell(Human.share($0.rows.ended, of: $0.rows.total)) },
                .number("FAILED") { Cell(count: $0.rows.failed, style: .bad) },
                .number("HELD") { Cell(count: $0.rows.held, style: .warning) },
                Table<Workload>.Column.number("RATE") { Cell(orNone: $0.ratePerSecond.map(Human.rate)) }
                    .whereItFits,
                .number("LEFT") {
                    Cell(orNone: $0.finishedAt == nil ? $0.eta.flatMap(clockface.remaining) : nil)
                },
                .number("QUEUED", extra: true) { Cell(Human.count($0.rows.queued)) },
                .number("WAITING", extra: true) { Cell(Human.count($0.waiting?.rows ?? 0)) },
                .number("IN FLIGHT", extra: true) { Cell(Human.count($0.rows.inFlight)) },
                .number("SUCCEEDED", extra: true) { Cell(Human.count($0.rows.succeeded)) },
                .number("CANCELED", extra: true) { Cell(Human.count($0.rows.canceled)) },
                .number("BATCHES", extra: true) { Cell("\($0.batches.active)/\($0.batches.total)") },
                .text("CREATED", extra: true) { Cell(clockface.relative($0.createdAt)) },
                .text("REASON", flexible: true, extra: true) { Cell(orNone: $0.reason) },
            ])
    }

    static func batches(_ clockface: Clockface) -> Table<Batch> {
        Table(
            "batches",
            [
                .text("ID") { Cell($0.id) },
                .text("WORKLOAD") { Cell($0.workload) },
                .text("STATE") { Cell(state: $0.state) },
                .number("ROWS") { Cell(Human.count($0.rows)) },
                .text("JOB", flexible: true) { Cell(orNone: $0.job) },
                .text("NEXT") { Cell(orNone: $0.nextAt.map(clockface.relative)) },
                .text("QUEUE", flexible: true, extra: true) { Cell($0.queue) },
                .number("SIZE", extra: true) { Cell(orNone: $0.bytes.map(Human.bytes)) },
                .text("SINCE", extra: true) { Cell(orNone: $0.since.map(clockface.relative)) },
                .text("CREATED", extra: true) { Cell(clockface.relative($0.createdAt)) },
                .text("REASON", flexible: true, extra: true) { Cell(orNone: $0.reason) },
            ])
    }

    static func jobs(_ clockface: Clockface) -> Table<Job> {
        Table(
            "jobs",
            [
                .text("ID") { Cell($0.id) },
                .text("BATCH") { Cell($0.batch) },
                .text("WORKLOAD", extra: true) { Cell($0.workload) },
                .text("STATE") { Cell(state: $0.state) },
                .number("ROWS") { Cell(Human.count($0.rows)) },
                .text("NEXT LOOK") { Cell(orNone: $0.nextLookAt.map(clockface.relative)) },
                .number("SUCCEEDED", extra: true) { Cell(orNone: $0.succeeded.map { Human.count($0) }) },
                .number("FAILED", extra: true) { Cell(orNone: $0.failed.map { Human.count($0) }) },
                .text("QUEUE", flexible: true, extra: true) { Cell($0.queue) },
                .text("ACCOUNT", extra: true) { Cell($0.account) },
                .text("CREATED", extra: true) { Cell(clockface.relative($0.createdAt)) },
                .text("SEEN", extra: true) { Cell(orNone: $0.seenAt.map(clockface.relative)) },
                .text("ENDED", extra: true) { Cell(orNone: $0.endedAt.map(clockface.relative)) },
            ])
    }

    static func deadlines(_ clockface: Clockface) -> Table<Deadline> {
        Table(
            "deadlines",
            [
                .text("WHEN") { Cell(clockface.relative($0.at), $0.style) },
                .text("STATE") { Cell($0.state, $0.style) },
                .text("WHAT") { Cell($0.what) },
                .text("SUBJECT", flexible: true) { Cell($0.subject) },
                .text("WORKLOAD") { Cell(orNone: $0.workload) },
                .text("BATCH", extra: true) { Cell(orNone: $0.batch) },
                .text("JOB", flexible: true, extra: true) { Cell(orNone: $0.job) },
                .text("AT", extra: true) { Cell(clockface.absolute($0.at)) },
            ])
    }

    static func archive(_ clockface: Clockface) -> Table<ArchivedJob> {
        Table(
            "jobs in the archive",
            [
                .text("JOB") { Cell($0.id) },
                .text("WORKLOAD") { Cell($0.workload) },
                .text("STATE") { Cell(state: $0.state) },
                .number("ROWS") { Cell(Human.count($0.rows)) },
                Table<ArchivedJob>.Column.number("SIZE") { Cell(orNone: $0.bytes.map(Human.bytes)) }
                    .whereItFits,
                .text("ARCHIVED") { Cell(clockface.relative($0.archivedAt)) },
                .number("LINES", extra: true) { Cell(orNone: $0.lines.map { Human.count($0) }) },
                .number("STORED", extra: true) { Cell(orNone: $0.storedBytes.map(Human.bytes)) },
                .text("BATCH", extra: true) { Cell($0.batch) },
                .text("QUEUE", extra: true) { Cell($0.queue) },
                .text("ACCOUNT", extra: true) { Cell($0.account) },
                .text("CREATED", extra: true) { Cell(orNone: $0.createdAt.map(clockface.absolute)) },
                .text("ENDED", extra: true) { Cell(orNone: $0.endedAt.map(clockface.absolute)) },
                .text("SHA256", extra: true) { Cell(orNone: $0.sha256) },
                .text("PATH", extra: true) { Cell($0.path) },
            ])
    }

    static func queues(_ clockface: Clockface) -> Table<Queue> {
        Table(
            "queues",
            [
                .text("NAME", flexible: true) { Cell($0.name) },
                .text("ENDPOINT", flexible: true) { Cell($0.endpoint) },
                .text("STATE") { Cell(state: $0.state) },
                .number("WORKLOADS") { Cell(Human.count($0.workloads)) },
                .number("JOBS") { Cell("\($0.jobs.active)/\($0.jobs.limit)") },
                .number("QUEUED") { Cell(Human.count($0.rows.queued)) },
                .number("IN FLIGHT", extra: true) { Cell(Human.count($0.rows.inFlight)) },
                .number("HELD", extra: true) { Cell(count: $0.rows.held, style: .warning) },
                .number("PRIORITY", extra: true) { Cell("\($0.priority)") },
                .text("OPENS") { Cell(orNone: $0.opensAt.map(clockface.relative)) },
                .text("ACCOUNT", extra: true) { Cell($0.account) },
                .text("WINDOW", flexible: true, extra: true) { Cell(orNone: $0.window) },
                .text("REASON", flexible: true, extra: true) { Cell(orNone: $0.reason) },
            ])
    }
}

extension Deadline {
    /// How it should look.
    fileprivate var style: Cell.Style {
        switch state {
        case "urgent", "missed": .bad
        case "soon": .warning
        default: .plain
        }
    }
}
