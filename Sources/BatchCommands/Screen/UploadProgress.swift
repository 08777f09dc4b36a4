import Synchronization

/// On a terminal, a line on standard error that counts what was sent; otherwise nothing.
final class UploadProgress: Sendable {
    private let console: Console
    private let total: Int?
    private let times: Times
    private let state = Mutex(State())

    private struct State {
        var sent = 0
        var shownAt: Duration?
    }

    /// `total` is the length of the whole, when that is known.
    init(console: Console, total: Int?, times: Times) {
        self.console = console
        self.total = total
        self.times = times
    }

    /// Whether anything was handed to the daemon.
    var hasBegun: Bool { state.withLock { $0.sent > 0 } }

    /// Hears that `sent` bytes were handed over so far. Draws four times a second at most.
    func update(sent: Int) {
        let now = times.uptime()
        let isDue = state.withLock { state in
            state.sent = sent
            guard console.err.isTerminal, now - (state.shownAt ?? .seconds(-1)) > .milliseconds(250) else {
                return false
            }
            state.shownAt = now
            return true
        }
        guard isDue else { return }
        let whole = total.map { " of \(Human.bytes($0)) (\(Human.share(sent, of: $0)))" } ?? ""
        draw("\rSent \(Human.bytes(sent))\(whole)\u{1B}[K")
    }

    /// Takes the line away.
    func clear() {
        if state.withLock({ $0.shownAt != nil }) { draw("\r\u{1B}[K") }
    }

    private func draw(_ text: String) {
        // Progress is a courtesy: the submission goes on without it.
        try? console.err.write(text)
    }
}
