import BatchCore
import BatchStore

extension Facts {
    /// What the daemon does, on one line: for `systemctl status`.
    func statusLine() throws -> String {
        let open = try store.workloads(openOnly: true)
        let live = try store.lanes()
        let held = open.count { $0.state == .held || $0.rows[.held] > 0 }
        var parts: [String] = []
        if held > 0 { parts.append("\(held) of \(open.count) workloads need a person: batchctl status") }
        if !open.isEmpty {
            let total = open.reduce(0) { $0 + $1.rows.total }
            let left = open.reduce(0) { $0 + $1.rows[.queued] + $1.rows[.inFlight] }
            let jobs = live.count(where: \.hasRunningJob)
            parts.append("\(jobs) jobs at Stripe, \(left) of \(total) rows left")
        }
        let message = try message(open: open, live: live)
        if !message.isEmpty { parts.append(message) }
        return parts.isEmpty ? "Nothing to do." : parts.joined(separator: "; ")
    }
}
