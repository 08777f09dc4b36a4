import BatchCore
import BatchStore
import Env
import Orchestration

/// The rule that holds for a workload now, with what shows it and when it ends by itself.
struct WorkloadVerdict {
    var rule: WorkloadRule
    /// The facts that the rule was applied to, a sentence each.
    var evidence: [String]
    /// What happens next by itself; nil when nothing does.
    var next: String?
    /// When that comes, if it is a moment that is known.
    var nextAt: Timestamp?
    /// The commands that would change it.
    var commands: [String]
}

extension Facts {
    /// What holds for a workload now.
    func verdict(on record: WorkloadRecord) throws -> WorkloadVerdict {
        let due = try store.nextDue(in: record.id)
        let pauses = try store.pauses()
        let pause = pauses.first { $0.scope == .queue(record.queue) || $0.scope == .all }
        let opens = opening(ofQueue: record.queue)
        let rule = WorkloadRule(
            record,
            in: .init(
                isDiskShort: try disk.free() < disk.minFree, isQueuePaused: pause != nil,
                isQueueConfigured: queueNames.contains(record.queue),
                isCanaryUnderWay: try isCanaryUnderWay(of: record), opensAt: opens, nextDue: due,
                now: clock.now()))
        var evidence: [String] = []
        var (next, commands) = (rule.next, rule.commands(record))
        var nextAt: Timestamp?
        switch rule {
        case .windowClosed:
            nextAt = opens
            if let window = policy(ofQueue: record.queue)?.window { evidence.append("Window: \(window).") }
        case .queuePaused:
            nextAt = pause?.until
            evidence += try pause.map { [try words($0)] } ?? []
            // Of the two that may be paused, one is.
            let others = pauses.map { "batchctl resume \($0.scope)" }
            commands.removeAll { $0.hasPrefix("batchctl resume") && !others.contains($0) }
        case .paused:
            guard let own = pauses.first(where: { $0.scope == .workload(record.id) }) else { break }
            evidence.append(try words(own))
            nextAt = own.until
            if nextAt != nil { next = "It goes on when the pause ends." }
        case .canary:
            if let canary = policy(ofQueue: record.queue)?.canary {
                evidence.append(
                    "Canary: at most \(canary.rows.grouped) rows, and \(canary.maxFailureRate) of them may fail."
                )
            }
        case .later: nextAt = due
        case .notYet: nextAt = record.startAfter
        default: break
        }
        return WorkloadVerdict(
            rule: rule, evidence: evidence, next: next, nextAt: nextAt, commands: commands)
    }

    /// A pause in a sentence, with the user who made it.
    private func words(_ pause: Pause) throws -> String {
        let by = try store.beginning(of: pause).flatMap(\.uid).map { ", by \(Names.shown($0))" } ?? ""
        return "\(pause.scope): \(reason(of: pause))\(by)"
    }

    /// An event in a sentence, with the user who asked for it.
    func words(_ event: EventRecord) -> String {
        let by = event.uid.map { ", by \(Names.shown($0))" } ?? ""
        let message = event.message.isEmpty ? "" : ": \(event.message)"
        return "\(event.seq), \(event.kind)\(message)\(by)"
    }
}
