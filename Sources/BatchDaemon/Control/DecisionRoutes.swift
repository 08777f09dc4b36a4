import BatchCore
import BatchStore
import ControlAPI
import FoundationEssentials
import Hummingbird
import NIOCore
import Orchestration

/// `POST /v1/workloads/{id}/retry`, `release` and `fail`: what a person decides about rows.
struct DecisionRoutes {
    private static let maximumBodyBytes = 4 << 20

    let facts: Facts
    let decision: Decision

    func add(to router: ControlRouter) {
        router.post(Routes.retry(":id"), .state, .code, .reason, .confirm) { [self] call in
            let state = try call.word(.state, of: ["failed", "held"]) { word in
                BatchCore.RowState(word: word).flatMap { $0 == .failed || $0 == .held ? $0 : nil }
            }
            return try await decide(call, in: state ?? .failed, .sendAgain, "retried")
        }
        router.post(Routes.release(":id"), .code, .reason, .confirm) { [self] call in
            try await decide(call, in: .held, .sendAgain, "released")
        }
        router.post(Routes.fail(":id"), .code, .reason, .confirm) { [self] call in
            try await decide(call, in: .held, .giveUp, "given up")
        }
    }

    private func decide(
        _ call: Call, in state: BatchCore.RowState, _ verdict: Decision.Verdict, _ word: String
    ) async throws -> Response {
        let workload = try facts.workload(call.id)
        try facts.requireConfirmation(
            call, to: verdict == .giveUp ? "fail rows of" : "send rows again of", workload)
        let selection = RowSelection(state, code: call.text(.code), ids: try await ids(in: call))
        do {
            let decided = try await Refusal.translating {
                try await decision.decide(
                    selection, of: workload, verdict,
                    why: call.text(.reason) ?? "\(word) by the operator")
            }
            return try .json(
                DecisionAnswer(
                    rows: decided.count,
                    givenUpBefore: verdict == .sendAgain ? decided.givenUp : nil,
                    workload: facts.document(try facts.workload(call.id))))
        } catch Decision.Refused.strangers(let ids, let total) {
            let more = total > ids.count ? ", and \(total - ids.count) more" : ""
            throw Refusal(
                .conflict, "wrong_state",
                "Not \(state.word) in \(workload.id): \(ids.map(Refusal.shown).joined(separator: ", "))\(more).",
                hint: "Nothing was changed. See: batchctl rows \(workload.id) --state \(state.word)")
        } catch Decision.Refused.ending {
            throw Refusal(
                .serviceUnavailable, "try_again", "\(workload.id) is ending at this moment.",
                hint: "Ask again in a few seconds.")
        } catch Decision.Refused.noQueue(let queue) {
            throw Refusal(
                .conflict, "wrong_state", "The queue \(queue) is not configured any more.",
                hint: "Put it back into the configuration, then: systemctl reload batchd")
        }
    }

    /// The rows that the body names; nil when there is no body.
    private func ids(in call: Call) async throws -> [String]? {
        let body: ByteBuffer
        do {
            body = try await call.body.collect(upTo: Self.maximumBodyBytes)
        } catch is NIOTooManyBytesError {
            throw Refusal(
                .contentTooLarge, "too_large", "A body may have \(Self.maximumBodyBytes) bytes.",
                hint: "Name fewer rows in one call.")
        }
        guard body.readableBytes > 0 else { return nil }
        guard
            let request = try? JSONDecoder().decode(
                DecisionRequest.self, from: Data(body.readableBytesView))
        else {
            throw Refusal(
                .badRequest, "bad_body", "The body must be a JSON object such as {\"rows\":[\"r-1\"]}.")
        }
        return request.rows
    }
}
