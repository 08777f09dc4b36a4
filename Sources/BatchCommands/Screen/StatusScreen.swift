import ControlAPI

/// The screen of `batchctl status`: alive or not, what it does, what comes next, what waits for a person.
struct StatusScreen {
    let status: Status
    let clockface: Clockface
    let output: Output

    func lines() -> [Line] {
        let verdict = verdict
        var lines: [Line] = [verdict, daemon(saysWhatItDoes: verdict.first?.style != .good)]
        if !status.workloads.isEmpty {
            lines += [[]] + output.lines(status.workloads, Tables.workloads(clockface))
        }
        lines.append([])
        if let deadline = status.nearestDeadline {
            lines.append([
                Cell(
                    "Nearest deadline: \(deadline.what) for \(deadline.subject) \(clockface.relative(deadline.at))."
                )
            ])
        }
        for workload in status.workloads {
            guard let waiting = workload.waiting else { continue }
            lines.append([Cell("Waiting: rows of \(workload.id), \(FactSheets.sentence(waiting)).")])
        }
        for alarm in status.alarms {
            lines.append([
                Cell("Alarm", alarm.state == "soon" ? .warning : .bad),
                Cell(
                    ": \(alarm.what) for \(alarm.subject) \(clockface.relative(alarm.at)) (\(alarm.state))."),
            ])
        }
        for closed in status.closed {
            lines.append([
                Cell(
                    "Window: \(closed.queue) begins jobs \(closed.window); it opens \(clockface.relative(closed.opensAt))."
                )
            ])
        }
        for pause in status.paused {
            let until = pause.until.map { " until \(clockface.absolute($0))" } ?? ""
            let by = pause.user.map { " by \($0)" } ?? ""
            let reason = pause.reason.map { ": \($0)" } ?? ""
            lines.append([
                Cell("Paused", .warning),
                Cell(": \(pause.what)\(by) since \(clockface.absolute(pause.since))\(until)\(reason)"),
            ])
            lines.append([Cell("      \(pause.command)")])
        }
        for notice in status.held {
            let rows = notice.rows > 0 ? Human.count(notice.rows, "row") + " of " : ""
            lines.append([
                Cell("Held", .warning),
                Cell(": \(rows)\(notice.workload) (\(notice.reason)). \(notice.message)"),
            ])
            for command in [notice.command] + notice.commands { lines.append([Cell("      \(command)")]) }
        }
        lines += status.reads.compactMap(reads)
        let disk = status.disk
        let isShort = disk.freeBytes < disk.minFreeBytes
        lines.append([
            Cell("Disk: \(Human.bytes(disk.freeBytes)) free", isShort ? .bad : .plain),
            Cell("; below \(Human.bytes(disk.minFreeBytes)) there is no intake."),
        ])
        return lines
    }

    /// Whether all is well, what it waits for, or what a person must do: the most pressing of them, in one sentence.
    private var verdict: Line {
        let daemon = status.daemon
        if let alarm = status.alarms.first(where: { $0.state != "soon" }) {
            return [
                Cell("A person must look: ", .bad),
                Cell("\(alarm.what) for \(alarm.subject) \(clockface.relative(alarm.at))."),
            ]
        }
        if let notice = status.held.first {
            let rows =
                notice.rows > 0 ? "\(Human.count(notice.rows, "row")) of \(notice.workload)" : notice.workload
            let others = status.held.count - 1
            let more = others > 0 ? ", and \(Human.count(others)) more" : ""
            return [
                Cell("A person must decide: ", .warning),
                Cell("\(rows) \(notice.rows > 1 ? "are" : "is") held (\(notice.reason))\(more)."),
            ]
        }
        guard daemon.state == "running" else { return [Cell("batchd is \(daemon.state): \(daemon.message)")] }
        let isIdle = daemon.message.isEmpty || daemon.message == "Nothing to do."
        guard isIdle else { return [Cell("Not now: ", .warning), Cell(daemon.message)] }
        return [Cell("All is well: ", .good), Cell(doing + ".")]
    }

    private var doing: String {
        let underWay = status.workloads.filter { $0.finishedAt == nil && $0.knownState != .canceled }.count
        let parts = [
            underWay == 0 ? "no workload is under way" : Human.count(underWay, "workload") + " under way",
            status.jobs.active > 0 ? Human.count(status.jobs.active, "job") + " running" : nil,
            status.nextLookAt.map { "next look at Stripe \(clockface.relative($0))" },
        ]
        return parts.compactMap(\.self).joined(separator: ", ")
    }

    private func daemon(saysWhatItDoes: Bool) -> Line {
        let daemon = status.daemon
        return [
            Cell(
                "batchd \(daemon.version), pid \(daemon.pid), since \(clockface.absolute(daemon.startedAt))\(saysWhatItDoes ? "; \(doing)" : "").",
                .dim)
        ]
    }

    /// What is left of an account's GETs; nil when they are not counted.
    private func reads(_ reads: ReadStatus) -> Line? {
        guard let limit = reads.limit else { return nil }
        let left = max(0, limit - reads.made)
        let style: Cell.Style = left == 0 ? .bad : left * 2 < limit ? .warning : .plain
        return [
            Cell(
                "Reads: \(Human.count(left)) of \(Human.count(limit)) GETs left this month in \(reads.account)",
                style),
            Cell(left * 2 < limit ? "; jobs are looked at more rarely." : "."),
        ]
    }
}
