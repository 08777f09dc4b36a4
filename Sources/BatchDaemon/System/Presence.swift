import Env
import Logging
import Orchestration
import ServiceLifecycle

/// Tells the service manager what we are doing, and asks the loop whether it still goes round.
struct Presence: Service {
    let manager: ServiceManager
    let facts: Facts
    let alarm: Alarm
    let pulse: Pulse
    let workers: Workers
    let logger: Logger

    /// What `systemctl status` shows is at most this old.
    private static let usual = Duration.seconds(10)

    func run() async throws {
        guard manager.listens else { return try await gracefulShutdown() }
        // Three questions in the time that the watchdog allows: one may be answered late.
        let pause = min(Self.usual, manager.patience.map { $0 / 3 } ?? Self.usual)
        await cancelWhenGracefulShutdown {
            var last = ""
            while (try? await Clock.system.sleep(for: pause)) != nil {
                pulse.ask()
                alarm.ring()
                do {
                    let line = try await workers.run { try facts.statusLine() }
                    if line != last { manager.status(line) }
                    last = line
                } catch {
                    // The loop meets the same fault, and ends us if it is one to end by.
                    logger.warning("what is going on cannot be read", metadata: ["error": "\(error)"])
                }
            }
        }
    }
}
