import BatchCore
import BatchStore
import ControlAPI
import Hummingbird

/// `/v1/jobs`: Stripe's batch jobs, as they were last seen.
struct JobRoutes {
    /// The states that we know, in the order in which a job takes them.
    private static let states =
        [JobStatus.readyForUpload, .validating, .inProgress, .cancelling].map(\.word)
        + JobEnding.allCases.map(\.rawValue)

    let facts: Facts

    func add(to router: ControlRouter) {
        router.get(Routes.jobs, .state, .queue, .workload) { [facts] call in
            let records = try facts.store.batches(
                of: try facts.workloadFilter(call), queue: try facts.queueFilter(call))
            let jobs = records.compactMap(facts.job)
            // Stripe's words are an open set: a new one may be asked for as soon as a job is in it.
            let words = Self.states + Set(jobs.map(\.state)).subtracting(Self.states).sorted()
            let state = try call.word(.state, of: words) { words.contains($0) ? $0 : nil }
            return try .json(List(data: jobs.filter { state == nil || $0.state == state }))
        }
        router.get(Routes.job(":id")) { [facts] call in
            guard let job = facts.job(try facts.batch(ofJob: call.id)) else {
                throw try facts.noJob(call.id)
            }
            return try .json(job)
        }
    }
}

extension Facts {
    /// What a job is before the first look: what a create makes it.
    static let unseenState = JobStatus.readyForUpload.word

    /// The job that carries a batch; nil before there is one.
    func job(_ record: BatchRecord) -> Job? {
        guard let id = record.job else { return nil }
        let batch = record.batch
        let state = record.ending?.rawValue ?? batch.seen?.status.word ?? Self.unseenState
        let pollAt: Timestamp? = if case .processing(_, let moment) = batch.phase { moment } else { nil }
        return Job(
            id: id.rawValue, batch: batch.id.description, workload: batch.workload.description,
            queue: batch.queue, account: batch.account, state: state, rows: Int(batch.rows),
            succeeded: batch.seen?.succeeded.map { Int($0) }, failed: batch.seen?.failed.map { Int($0) },
            createdAt: record.createdAt.rfc3339,
            seenAt: batch.seen == nil ? nil : batch.aliveAt.rfc3339,
            nextLookAt: pollAt?.rfc3339, endedAt: record.endedAt?.rfc3339)
    }
}
