import ControlAPI
import FoundationEssentials

/// How far a workload is, as lines to read.
struct ProgressScreen {
    let workload: Workload
    let clockface: Clockface

    private var rows: RowCounts { workload.rows }

    /// Three lines that fit `width`: what, how far, and how well.
    func lines(width: Int) -> [Line] {
        [title, bar(width: width), counts].map { $0.cut(to: width) }
    }

    /// The same in one line without a bar, for logs.
    var sentence: String {
        let pace = pace.map { ", " + $0 } ?? ""
        return "\(workload.id) \(Cell(workload.state).text): \(Human.count(rows.ended)) of "
            + "\(Human.count(rows.total, "row")) (\(Human.share(rows.ended, of: rows.total))), "
            + "\(Human.count(rows.succeeded)) succeeded, \(Human.count(rows.failed)) failed, "
            + "\(Human.count(rows.held)) held\(pace)"
    }

    /// The name comes last: it is what a narrow terminal cuts.
    private var title: Line {
        let reason = workload.reason.map { " (\($0))" } ?? ""
        let batches =
            workload.batches.active > 0 ? "  \(Human.count(workload.batches.active, "batch")) active" : ""
        let pace = pace.map { "  " + $0 } ?? ""
        return [
            Cell("\(workload.id) "), Cell(state: workload.state), Cell(reason + batches + pace),
            Cell("  \(workload.name)", .dim),
        ]
    }

    private func bar(width: Int) -> Line {
        let done = rows.ended + executed
        let about = executed > 0 ? "about " : ""
        let label =
            " \(Human.share(done, of: rows.total))  \(about)\(Human.count(done)) of \(Human.count(rows.total, "row"))"
        let room = min(100, width - 2 - Cell.width(of: label))
        guard room >= 10, rows.total > 0 else { return [Cell(label)] }
        // Rounded down, so that a full bar means the end; what failed shows as soon as there is any.
        let ended = room * rows.ended / rows.total
        let bad = rows.failed == 0 ? 0 : min(ended, max(1, room * rows.failed / rows.total))
        let awaited = room * done / rows.total - ended
        return [
            Cell("["), Cell(String(repeating: "#", count: ended - bad), .good),
            Cell(String(repeating: "#", count: bad), .bad), Cell(String(repeating: "=", count: awaited)),
            Cell(String(repeating: "-", count: room - ended - awaited), .dim), Cell("]"), Cell(label),
        ]
    }

    /// Rows that ran at Stripe and whose results are not here yet: what is in flight, less what the
    /// forecast still expects to run. Without them the bar would stand still while a job runs.
    private var executed: Int {
        guard
            workload.finishedAt == nil, let rate = workload.ratePerSecond,
            let end = workload.eta.flatMap(Clockface.date)
        else { return 0 }
        let left = rate * max(0, end.timeIntervalSince(clockface.now))
        return Int(min(Double(rows.inFlight), max(0, Double(rows.queued + rows.inFlight) - left)))
    }

    private var counts: Line {
        var line: Line = [
            Cell("succeeded \(Human.count(rows.succeeded))  failed "), Cell(count: rows.failed, style: .bad),
            Cell("  held "), Cell(count: rows.held, style: .warning),
        ]
        if rows.inFlight > 0 { line.append(Cell("  in flight \(Human.count(rows.inFlight))")) }
        if rows.canceled > 0 { line.append(Cell("  canceled \(Human.count(rows.canceled))")) }
        return line
    }

    /// `41.2 rows/s, 3 m 20 s left`; nil when neither is known or it is over.
    private var pace: String? {
        guard workload.finishedAt == nil else { return nil }
        let parts = [
            workload.ratePerSecond.map(Human.rate),
            workload.eta.flatMap(clockface.remaining).map { "\($0) left" },
        ]
        let known = parts.compactMap(\.self)
        return known.isEmpty ? nil : known.joined(separator: ", ")
    }
}
