package import BatchCore
import BatchStore
import Env
import Logging

// What a person stops, and lets go on.
extension Orchestrator {
    /// Begins no new job for something until a person says so, or until the stop ends by itself.
    ///
    /// - Throws: as `Store.pause`.
    package func pause(_ scope: PauseScope, reason: String?, until: Timestamp?) throws {
        let pause = Pause(scope: scope, reason: reason, since: clock.now(), until: until)
        try store.pause(pause)
        pauses[scope] = pause
        var metadata: Logger.Metadata = ["what": "\(scope)"]
        if let reason { metadata["reason"] = "\(reason)" }
        if let until { metadata["until"] = "\(until.rfc3339)" }
        log.notice("paused", metadata: metadata)
    }

    /// Lets something go on that was paused or held; false when it was neither.
    ///
    /// - Throws: as `Store.resume`.
    package func resume(_ scope: PauseScope) throws -> Bool {
        guard try store.resume(scope, byPerson: true, at: clock.now()) else { return false }
        pauses[scope] = nil
        log.notice("resumed", metadata: ["what": "\(scope)"])
        return true
    }

    /// Reads back what is paused.
    func recoverPauses() throws {
        pauses = Dictionary(uniqueKeysWithValues: try store.pauses().map { ($0.scope, $0) })
    }

    /// Ends the stops whose time has come.
    func endPauses(in turn: inout Turn) throws {
        for pause in pauses.values {
            if let until = pause.until, pause.holds(at: turn.now) {
                turn.plan.wait(until: until)
            } else if pause.until != nil {
                // A workload may have ended meanwhile, and its stop with it.
                if try store.isPaused(pause.scope) {
                    try store.resume(pause.scope, byPerson: false, at: turn.now)
                    log.notice("resumed: the pause is over", metadata: ["what": "\(pause.scope)"])
                }
                pauses[pause.scope] = nil
            }
        }
    }

    /// True while no new job may be begun in the queue.
    func isPaused(_ queue: String) -> Bool { pauses[.all] != nil || pauses[.queue(queue)] != nil }
}
