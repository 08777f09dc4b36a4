import BatchCore
import BatchStore
import ControlAPI
import Hummingbird
import NIOCore
import Orchestration

/// `/v1/workloads/{id}/rows` and `/results`: every row, as JSON Lines, however many there are.
struct RowRoutes {
    let facts: Facts
    let workers: Workers

    /// Rows that are looked at in one read: enough to be quick, few enough to hold little memory.
    private static let pageSize = 1000

    func add(to router: ControlRouter) {
        router.get(Routes.rows(":id"), .state, .code) { [self] call in
            let states = BatchCore.RowState.allCases
            let state = try call.word(.state, of: states.map(\.word)) { BatchCore.RowState(word: $0) }
            return lines(
                of: try facts.workload(call.id).id, state: state, code: call.text(.code), withInput: true)
        }
        router.get(Routes.results(":id"), .state, .input) { [self] call in
            let states = BatchCore.RowState.allCases.filter(\.isOutcome)
            let state = try call.word(.state, of: states.map(\.word)) { word in
                states.first { $0.word == word }
            }
            return lines(
                of: try facts.workload(call.id).id, state: state, onlyOutcomes: true,
                withInput: try call.flag(.input))
        }
    }

    private func lines(
        of workload: WorkloadID, state: BatchCore.RowState?, code: String? = nil, onlyOutcomes: Bool = false,
        withInput: Bool
    ) -> Response {
        return .lines(from: Int64(-1), on: workers) { [facts] after in
            let page = try facts.store.rows(
                of: workload, after: after, state: state, code: code, withInput: withInput,
                limit: Self.pageSize)
            var buffer = ByteBuffer()
            for row in page.rows where !onlyOutcomes || row.state.isOutcome { buffer.writeBytes(row.json()) }
            return (buffer, page.next)
        }
    }
}

extension BatchCore.RowState {
    /// True when the row is not on its way any more.
    var isOutcome: Bool { self != .queued && self != .inFlight }
}
