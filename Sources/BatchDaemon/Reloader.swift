import BatchCore
import Env
import Foundation
import Logging
import Orchestration
import ServiceLifecycle
import StripeBatch
import UnixSignals

/// Reads the configuration again at each SIGHUP: all of it comes into force, or nothing.
struct Reloader: Service {
    let inForce: LiveConfiguration
    let orchestrator: Orchestrator
    let alarm: Alarm
    let transport: HTTPTransport
    let manager: ServiceManager
    let environment: [String: String]
    let hangUps: UnixSignalsSequence
    let logger: Logger

    func run() async throws {
        for await _ in hangUps.cancelOnGracefulShutdown() {
            manager.reloading()
            let isDone = await reload()
            manager.ready(status: isDone ? "Ready." : "Ready; the last reload was refused, see the log.")
        }
    }

    /// True when what was read is in force now.
    private func reload() async -> Bool {
        let old = inForce.current
        let new: Configuration
        do {
            new = try Configuration.read(old.files[0], environment: environment)
        } catch {
            for problem in error.problems { logger.error("\(problem)") }
            logger.error(
                "reload refused: the configuration has mistakes, and nothing was changed",
                metadata: ["problems": "\(error.problems.count)"])
            inForce.keep()
            return false
        }
        let change = ConfigurationChange(from: old, to: new)
        await orchestrator.adopt(Settings(change.result, transport))
        inForce.replace(by: change.result, at: orchestrator.now)
        // Queues may have come back, and limits may be wider.
        alarm.ring()
        report(change)
        return true
    }

    private func report(_ change: ConfigurationChange) {
        for problem in change.result.warnings { logger.warning("\(problem)") }
        for line in change.lines {
            logger.notice(
                "configuration changed",
                metadata: [
                    "key": "\(line.key)", "from": "\(line.before ?? "(not set)")",
                    "to": "\(line.now ?? "(not set)")",
                ])
        }
        for name in change.secrets {
            logger.notice("another secret is in use", metadata: ["key": "\(name)"])
        }
        for line in change.kept {
            logger.warning(
                "not changed: this takes a restart",
                metadata: [
                    "key": "\(line.key)", "from": "\(line.before ?? "")", "to": "\(line.now ?? "")",
                ])
        }
        logger.notice(
            "reloaded",
            metadata: [
                "changed": "\(change.lines.count + change.secrets.count)", "kept": "\(change.kept.count)",
            ])
    }
}

extension Settings {
    /// What of the configuration steers the work.
    init(_ configuration: Configuration, _ transport: HTTPTransport) {
        let clients = configuration.accounts.map { account in
            (account.policy.name, StripeClient(account: account.stripe, transport: transport))
        }
        self.init(
            queues: configuration.queues, accounts: configuration.accounts.map(\.policy),
            clients: Dictionary(uniqueKeysWithValues: clients),
            minFree: configuration.storage.minFree, zone: TimeZone.secondsAhead)
    }
}
