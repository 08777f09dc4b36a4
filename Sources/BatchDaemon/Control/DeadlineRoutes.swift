import BatchCore
import BatchStore
import ControlAPI
import Env
import Hummingbird

/// `/v1/deadlines`: every clock that runs, the most urgent first.
struct DeadlineRoutes {
    let facts: Facts

    func add(to router: ControlRouter) {
        router.get(Routes.deadlines, .queue, .workload) { [facts] call in
            let records = try facts.store.batches(
                of: try facts.workloadFilter(call), queue: try facts.queueFilter(call), liveOnly: true,
                limit: 10_000)
            return try .json(List(data: facts.deadlines(of: records)))
        }
    }
}

extension Facts {
    /// The deadlines of batches, the most urgent first.
    func deadlines(of records: [BatchRecord]) -> [Deadline] {
        let now = clock.now()
        return records.flatMap { record in record.clocks(limits).map { (record, $0.what, $0.at) } }
            .sorted { ($0.2, $0.0.batch.id) < ($1.2, $1.0.batch.id) }
            .map { record, what, at in
                Deadline(
                    what: what, subject: record.job?.rawValue ?? record.batch.id.description,
                    batch: record.batch.id.description, job: record.job?.rawValue,
                    workload: record.batch.workload.description, at: at.rfc3339,
                    slackSeconds: (at - now).seconds)
            }
    }
}

extension BatchRecord {
    /// What is due for a batch: the three clocks of Stripe (`stripe-batch-api.md` section 7).
    func clocks(_ limits: Limits) -> [(what: String, at: Timestamp)] {
        switch batch.phase {
        case .staging, .staged, .archived, .settled, .released: []
        case .creating(_, let intent): [("upload window closes", intent.askedAt + limits.uploadWindow)]
        case .awaitingUpload(_, _, let deadline), .uploading(_, _, let deadline):
            [("upload window closes", deadline)]
        case .processing: uploadedAt.map { [("Stripe ends the job", $0 + limits.processing)] } ?? []
        case .collecting(_, _, let until): [("results expire", until)]
        }
    }
}
