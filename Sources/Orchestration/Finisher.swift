import BatchCore
import BatchStore
import Env
import Spool

/// Writes the outcome of a workload when its last row has its fate.
struct Finisher {
    let parts: Parts

    /// Writes `outcome.jsonl.zst` and `summary.json`, then ends the workload. A crash in between writes
    /// them again, the same.
    func finish(_ workload: WorkloadRecord) async throws {
        guard let policy = parts.settings.queues[workload.queue], let source = workload.sourceSHA256 else {
            return
        }
        let state: WorkloadState = workload.cancelWanted ? .canceled : .finished
        let folder = try parts.archive.folder(
            account: policy.account.name, queue: workload.queue, workload: workload.id)
        var writer = try folder.outcomeWriter()
        var after: Int64? = -1
        while let position = after {
            let page = try parts.store.rows(of: workload.id, after: position, limit: 10_000)
            for row in page.rows { try writer.append(row.json()) }
            after = page.next
            try await makeWay()
        }
        let jobs = try parts.store.batches(of: workload.id, phase: "settled", limit: .max)
        let summary = try writer.finish(
            Summary(
                account: policy.account.name, queue: workload.queue, workload: workload.id,
                name: workload.name,
                state: state, rows: workload.rows,
                source: InputFile(bytes: workload.sourceBytes, sha256: source), created: workload.createdAt,
                finished: parts.clock.now(), jobs: jobs.compactMap(\.job).reversed()))
        while try await !parts.orchestrator.forgetObjects(of: workload.id) {}
        try await parts.orchestrator.finish(workload, as: state, summary: summary)
    }
}
