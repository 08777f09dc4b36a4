import ControlAPI

/// What `submit --dry-run` shows: which jobs a file would make, how long they need, and what binds them.
struct PlanScreen {
    let plan: DryRunAnswer

    func lines() -> [Line] {
        let bytes = Human.bytes(plan.bytes)
        var lines: [Line] = [
            [
                Cell(
                    "\(Human.count(plan.rows, "row")), \(bytes), good for queue \(plan.queue). Nothing was queued."
                )
            ], [],
        ]
        for group in plan.jobs {
            let each = group.jobs > 1 ? " of up to \(Human.count(group.rowsEach, "row"))" : ""
            lines.append([
                Cell(
                    "  \(Human.count(group.jobs, "job"))\(each): \(Human.count(group.rows, "row")), "
                        + "at most \(Human.bytes(group.bytes)); \(Self.sentence(group.limit))")
            ])
        }
        let rate = Human.rate(plan.ratePerSecond)
        let origin = plan.rateIs == "seen" ? "as its last jobs" : "which is assumed until one was seen"
        let atOnce = plan.jobsAtOnce > 1 ? ", \(plan.jobsAtOnce) jobs at once" : ""
        lines += [
            [],
            [
                Cell(
                    "About \(Human.duration(plan.seconds)) at \(rate) a job, \(origin)\(atOnce), if nothing else is under way."
                )
            ],
        ]
        return lines
    }

    private static func sentence(_ limit: String?) -> String {
        switch limit {
        case nil: "the rest"
        case "canary": "the canary, and nothing else before it has ended"
        case "processing_time": "bound by Stripe's 24 hours"
        case "upload_window": "bound by Stripe's 5 minutes for an upload"
        case let other?: "bound by \(other)"
        }
    }

    /// Lists the bad rows that are left out.
    static func list(_ skipped: SkippedRows?, in file: String, _ output: Output) {
        guard let skipped, skipped.rows > 0 else { return }
        list(skipped.details, of: skipped.rows, in: file, output)
        output.say("\(Human.count(skipped.rows, "bad row")) left out.")
    }

    /// Lists bad lines where editors and people find them.
    static func list(_ lines: [BadLine], of total: Int, in file: String, _ output: Output) {
        for line in lines {
            output.say("\(file):\(line.line):\(line.column): \(Cell(line.reason).text)")
        }
        let more = total - lines.count
        if more > 0 { output.say("… and \(Human.count(more)) more bad \(more == 1 ? "line" : "lines").") }
    }
}
