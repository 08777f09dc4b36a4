import BatchCore
import BatchStore
import ControlAPI
import Hummingbird
import Orchestration

/// `POST /v1/workloads/{id}/cancel`
struct CancelRoute {
    let facts: Facts
    let orchestrator: Orchestrator
    let alarm: Alarm

    /// So many pieces are waited for; what is left of a very contended workload follows behind the answer.
    private static let piecesAwaited = 20

    func add(to router: ControlRouter) {
        router.post(Routes.cancel(":id"), .now, .confirm) { [self] call in
            let workload = try facts.workload(call.id)
            // Canceling what is canceled already is what the caller wanted.
            guard workload.state != .canceled else { return try .json(facts.document(workload)) }
            try facts.requireConfirmation(call, to: "cancel", workload)
            defer { alarm.ring() }
            do {
                try await orchestrator.cancel(workload.id, now: try call.flag(.now))
                for _ in 1...Self.piecesAwaited {
                    if try await orchestrator.cancelSome(of: workload.id) { break }
                }
            } catch StoreError.wrongState(let id, let state) {
                throw Refusal(.conflict, "wrong_state", "\(id) is \(state.rawValue): it cannot be canceled.")
            }
            return try .json(facts.document(try facts.workload(call.id)))
        }
    }
}
