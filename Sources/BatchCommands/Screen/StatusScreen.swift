import ControlAPI

/// The screen of `batchctl status`: alive or not, what it does, what comes next, what waits for a person.
struct StatusScreen {
    let status: Status
    let clockface: Clockface
    let output: Output

    func lines() -> [Line] {
        var lines: [Line] = [[Cell(sentence)]]
        if !status.daemon.message.isEmpty { lines.append([Cell(status.daemon.message)]) }
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
            let reason = pause.reason.map { ": \($0)" } ?? ""
            lines.append([
                Cell("Paused", .warning),
                Cell(": \(pause.what) since \(clockface.absolute(pause.since))\(until)\(reason)"),
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
        for reads in status.reads {
            guard let limit = reads.limit, reads.made * 2 > limit else { continue }
            lines.append([
                Cell(
                    "Reads: \(Human.count(reads.made)) of \(Human.count(limit)) this month in \(reads.account)",
                    reads.made >= limit ? .bad : .warning),
                Cell("; jobs are looked at more rarely."),
            ])
        }
        let disk = status.disk
        let isShort = disk.freeBytes < disk.minFreeBytes
        lines.append([
            Cell("Disk: \(Human.bytes(disk.freeBytes)) free", isShort ? .bad : .plain),
            Cell("; below \(Human.bytes(disk.minFreeBytes)) there is no intake."),
        ])
        return lines
    }

    private var sentence: String {
        let daemon = status.daemon
        let underWay = status.workloads.filter { $0.finishedAt == nil && $0.knownState != .canceled }.count
        let up = daemon.state == "running" ? "up" : daemon.state
        let parts = [
            underWay == 0 ? "no workloads under way" : Human.count(underWay, "workload"),
            status.jobs.active > 0 ? Human.count(status.jobs.active, "job") + " running" : nil,
            status.nextLookAt.map { "next look at Stripe \(clockface.relative($0))" },
        ]
        return "batchd \(daemon.version) is \(up) since \(clockface.absolute(daemon.startedAt)): "
            + parts.compactMap(\.self).joined(separator: ", ") + "."
    }
}
