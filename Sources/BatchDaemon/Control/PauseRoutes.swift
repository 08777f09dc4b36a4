import BatchCore
import BatchStore
import ControlAPI
import Env
import Hummingbird
import Orchestration

/// `POST …/pause` and `…/resume` of a workload, of a queue and of everything.
struct PauseRoutes {
    let facts: Facts
    let orchestrator: Orchestrator
    let alarm: Alarm

    func add(to router: ControlRouter) {
        router.post(Routes.pause(":id"), .reason, .until) { [self] call in
            let workload = try facts.workload(call.id)
            try await pause(.workload(workload.id), call)
            return try .json(facts.document(try facts.workload(call.id)))
        }
        router.post(Routes.resume(":id"), .confirm) { [self] call in
            let workload = try facts.workload(call.id)
            if workload.isGuarded { try facts.requireConfirmation(call, to: "resume", workload) }
            try await resume(.workload(workload.id))
            return try .json(facts.document(try facts.workload(call.id)))
        }
        router.post(Routes.pauseQueue(":id"), .reason, .until) { [self] call in
            try await pause(.queue(try facts.queue(call.id).name), call)
            return try .json(facts.document(ofQueue: call.id))
        }
        router.post(Routes.resumeQueue(":id")) { [self] call in
            try await resume(.queue(try facts.queue(call.id).name))
            return try .json(facts.document(ofQueue: call.id))
        }
        router.post(Routes.pauseAll, .reason, .until) { [self] call in
            try await pause(.all, call)
            return try .json(facts.status())
        }
        router.post(Routes.resumeAll) { [self] _ in
            try await resume(.all)
            return try .json(facts.status())
        }
    }

    private func pause(_ scope: PauseScope, _ call: Call) async throws {
        let until = try call.moment(.until)
        if let until, until <= facts.clock.now() {
            throw Refusal.badParameter(.until, until.rfc3339, expected: "a time that is still to come")
        }
        try await Refusal.translating {
            try await orchestrator.pause(scope, reason: call.text(.reason), until: until)
        }
    }

    private func resume(_ scope: PauseScope) async throws {
        defer { alarm.ring() }
        let wasStopped = try await Refusal.translating { try await orchestrator.resume(scope) }
        guard wasStopped else {
            throw Refusal(
                .conflict, "wrong_state", "\(scope) is neither paused nor held.",
                hint: "See what is: batchctl status")
        }
    }
}

extension Refusal {
    /// Runs `body`, and turns what the store says of a workload's state into a refusal.
    static func translating<Value>(_ body: () async throws -> Value) async throws -> Value {
        do {
            return try await body()
        } catch StoreError.wrongState(let id, let state) {
            let word = state == .canceled ? "canceled, or being canceled" : state.rawValue
            throw Refusal(.conflict, "wrong_state", "\(id) is \(word).", hint: "See: batchctl show \(id)")
        }
    }
}
