import ControlAPI

/// All facts about one workload, batch or job.
enum FactSheets {
    static func workload(_ workload: Workload, _ clockface: Clockface) -> Facts {
        let rows = workload.rows
        return Facts([
            ("id", Cell(workload.id)),
            ("name", Cell(workload.name)),
            ("queue", Cell(workload.queue)),
            ("state", Cell(state: workload.state)),
            ("reason", workload.reason.map { Cell($0) }),
            ("hint", workload.hint.map { Cell($0) }),
            ("created", Cell(clockface.both(workload.createdAt))),
            ("priority", workload.priority == 0 ? nil : Cell("\(workload.priority)")),
            ("starts after", workload.startAfter.map { Cell(clockface.both($0)) }),
            ("finished", workload.finishedAt.map { Cell(clockface.both($0)) }),
            ("rows", Cell(Human.count(rows.total))),
            ("  queued", Cell(Human.count(rows.queued))),
            ("  waiting", workload.waiting.map { Cell(sentence($0)) }),
            ("  in flight", Cell(Human.count(rows.inFlight))),
            ("  succeeded", Cell(Human.count(rows.succeeded))),
            ("  failed", Cell(count: rows.failed, style: .bad)),
            ("  held", Cell(count: rows.held, style: .warning)),
            ("  canceled", Cell(Human.count(rows.canceled))),
            ("rate", workload.ratePerSecond.map { Cell(Human.rate($0)) }),
            ("eta", workload.eta.map { Cell(clockface.both($0)) }),
            ("batches", Cell("\(Human.count(workload.batches.total)), \(workload.batches.active) active")),
            ("source size", Cell(Human.bytes(workload.source.bytes))),
            ("source sha256", Cell(workload.source.sha256)),
        ])
    }

    /// How many rows wait for their turn, and behind whom.
    static func sentence(_ waiting: WaitingRows) -> String {
        "\(Human.count(waiting.rows)) until others with the same object have their outcome; "
            + "\(waiting.first) until \(waiting.waitsFor.row) of \(waiting.waitsFor.workload)"
    }

    static func batch(_ batch: Batch, _ clockface: Clockface) -> Facts {
        Facts([
            ("id", Cell(batch.id)),
            ("workload", Cell(batch.workload)),
            ("queue", Cell(batch.queue)),
            ("state", Cell(state: batch.state)),
            ("reason", batch.reason.map { Cell($0) }),
            ("since", batch.since.map { Cell(clockface.both($0)) }),
            ("next", batch.nextAt.map { Cell(clockface.both($0)) }),
            ("job", Cell(orNone: batch.job)),
            ("rows", Cell(Human.count(batch.rows))),
            ("file size", batch.bytes.map { Cell(Human.bytes($0)) }),
            ("file sha256", batch.sha256.map { Cell($0) }),
            ("created", Cell(clockface.both(batch.createdAt))),
        ])
    }

    static func job(_ job: Job, _ clockface: Clockface) -> Facts {
        Facts([
            ("id", Cell(job.id)),
            ("batch", Cell(job.batch)),
            ("workload", Cell(job.workload)),
            ("queue", Cell(job.queue)),
            ("account", Cell(job.account)),
            ("state", Cell(state: job.state)),
            ("rows", Cell(Human.count(job.rows))),
            ("  succeeded", job.succeeded.map { Cell(Human.count($0)) }),
            ("  failed", job.failed.map { Cell(count: $0, style: .bad) }),
            ("created", Cell(clockface.both(job.createdAt))),
            ("seen", job.seenAt.map { Cell(clockface.both($0)) }),
            ("next look", job.nextLookAt.map { Cell(clockface.both($0)) }),
            ("ended", job.endedAt.map { Cell(clockface.both($0)) }),
        ])
    }
}
