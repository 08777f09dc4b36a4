/// Asks again and again, and waits for a daemon that is away for a while.
struct Patience {
    let session: Session

    /// Runs `body` until the time that `--timeout` gives is over, with a pause after each run.
    ///
    /// Before the first success there is nothing to be patient about; afterwards an absence of the daemon is
    /// waited out as `Follower` does.
    func repeating(every pause: Duration, _ body: () async throws -> Void) async throws {
        let start = session.times.uptime()
        var hasSucceeded = false
        var lostAt: Duration?
        while true {
            let now = session.times.uptime()
            do {
                try await body()
                (hasSucceeded, lostAt) = (true, nil)
            } catch {
                guard hasSucceeded, Follower.mayPass(error) else { throw error }
                if lostAt == nil {
                    session.output.say("The daemon is away. Waiting for it to come back …")
                }
                lostAt = lostAt ?? now
                if let lostAt, now - lostAt >= Follower.patience { throw error }
            }
            if let timeout = session.timeout, session.times.uptime() - start >= timeout { return }
            try await session.times.sleep(pause)
        }
    }
}
