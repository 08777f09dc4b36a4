import ControlAPI

/// Looks at a workload until it ends.
struct Follower {
    let session: Session

    /// An absence of the daemon this long is taken for a restart, and waited out.
    static let patience = Duration.seconds(60)

    /// Hands every look to `onLook`, with whether it is the last, and tells `onAway` that a message about the
    /// daemon's absence was printed. Answers the last look and how it ended.
    func follow(
        _ id: String, every pause: Duration, onAway: () -> Void = {},
        onLook: (Workload, _ isLast: Bool) throws -> Void
    ) async throws -> (workload: Workload, exit: CommandExit) {
        let start = session.times.uptime()
        var lostAt: Duration?
        var last: Workload?
        while true {
            let left = session.timeout.map { $0 - (session.times.uptime() - start) }
            do {
                let workload = try await session.client.get(
                    Routes.workload(percentEncoded(id)), as: Workload.self, within: limit(left))
                lostAt = nil
                last = workload
                let over = Self.exit(for: workload) ?? (isOver(start) ? .stillRunning : nil)
                try onLook(workload, over != nil)
                if let over { return (workload, over) }
            } catch {
                // Before the first answer there is nothing to be patient about.
                guard let last, Self.mayPass(error) else { throw error }
                if isOver(start) { return (last, .stillRunning) }
                if lostAt == nil {
                    session.output.say("The daemon is away. Waiting for it to come back …")
                    onAway()
                }
                let since = lostAt ?? session.times.uptime()
                lostAt = since
                guard session.times.uptime() - since < Self.patience else { throw error }
            }
            try await session.times.sleep(left.map { max(.zero, min($0, pause)) } ?? pause)
        }
    }

    /// How a workload in this state ends a wait; nil while it goes on.
    static func exit(for workload: Workload) -> CommandExit? {
        switch workload.knownState {
        case .finished, .canceled: workload.rows.failed > 0 ? .failedRows : .ok
        case .held: .held
        case .loading, .queued, .running, .paused, nil: nil
        }
    }

    /// What to tell a person about the end; nil when there is nothing to add.
    static func message(for workload: Workload, _ exit: CommandExit) -> String? {
        let (id, rows) = (workload.id, workload.rows)
        switch exit {
        case .failedRows:
            return "\(id) ended with \(Human.count(rows.failed, "failed row")). "
                + "See them: batchctl rows \(id) --state failed"
        case .held:
            let reason = workload.reason.map { " (\($0))" } ?? ""
            return "\(id) is held\(reason) and needs a person. "
                + (workload.hint ?? "See what is held: batchctl rows \(id) --state held")
        case .stillRunning:
            return
                "\(id) still runs: \(Human.count(rows.ended)) of \(Human.count(rows.total, "row")) are done."
                + (workload.hint.map { " \($0)" } ?? "")
        default:
            guard rows.canceled > 0 else { return nil }
            return "\(id) was canceled: \(Human.count(rows.canceled, "row")) did not run."
        }
    }

    private func isOver(_ start: Duration) -> Bool {
        session.timeout.map { session.times.uptime() - start >= $0 } ?? false
    }

    /// One look must not take longer than a whole wait may, but gets a fair chance.
    private func limit(_ left: Duration?) -> DaemonClient.Limit {
        .within(min(.seconds(30), max(.seconds(1), left ?? .seconds(30))))
    }

    /// True when the same call may succeed in a moment.
    static func mayPass(_ error: any Error) -> Bool {
        switch error {
        case let failure as Failure: failure.exit == .unreachable || failure.exit == .temporary
        case let refusal as DaemonRefusal: refusal.exit == .temporary
        default: false
        }
    }
}
