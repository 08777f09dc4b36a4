import ControlAPI

/// The screen of `batchctl status WORKLOAD`: how far it is, why it is so, what is under way, what to do.
struct WorkloadScreen {
    let workload: Workload
    let explanation: Explanation
    let batches: [Batch]
    let deadlines: [Deadline]
    let clockface: Clockface
    let output: Output

    func lines() -> [Line] {
        var lines = ProgressScreen(workload: workload, clockface: clockface).lines(width: output.width ?? 100)
        if let end = Follower.exit(for: workload), let message = Follower.message(for: workload, end) {
            lines.append([Cell(message, end == .held ? .warning : .plain)])
        }
        lines.append([])
        lines.append([Cell("Queue: \(workload.queue). Submitted \(clockface.both(workload.createdAt)).")])
        lines.append([Cell("Why: \(explanation.rule)")])
        if let next = explanation.next {
            let when = explanation.nextAt.map { " (\(clockface.relative($0)))" } ?? ""
            lines.append([Cell("Next: \(next)\(when)")])
        }
        if let waiting = workload.waiting {
            lines.append([Cell("Waiting: \(FactSheets.sentence(waiting)).")])
        }
        if let deadline = deadlines.first {
            lines.append([
                Cell("Nearest deadline: ", deadline.state == "ok" ? .plain : .warning),
                Cell("\(deadline.what) for \(deadline.subject) \(clockface.relative(deadline.at))."),
            ])
        }
        for (index, command) in commands.enumerated() {
            lines.append([Cell((index == 0 ? "Commands: " : "          ") + command)])
        }
        let active = batches.filter { !["settled", "released"].contains($0.state) }
        return active.isEmpty ? lines : lines + [[]] + output.lines(active, Tables.batches(clockface))
    }

    /// What would show or change it, ready to be typed.
    private var commands: [String] {
        let failed = workload.rows.failed > 0 ? ["batchctl rows \(workload.id) --state failed"] : []
        let held = workload.rows.held > 0 ? ["batchctl rows \(workload.id) --state held"] : []
        var seen: Set<String> = []
        return (held + failed + explanation.commands).filter { seen.insert($0).inserted }
    }
}
