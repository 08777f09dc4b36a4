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
    /// The deadlines of batches, the most urgent first: the three clocks of Stripe.
    func deadlines(
        of records: [BatchRecord], alarmsOnly: Bool = false, limit: Int = .max
    ) -> [ControlAPI.Deadline] {
        let now = clock.now()
        return records.compactMap { record in record.batch.deadline(limits).map { (record, $0) } }
            .filter { !alarmsOnly || $0.1.alarms(at: now) }
            .sorted { ($0.1.at, $0.0.batch.id) < ($1.1.at, $1.0.batch.id) }
            .prefix(limit)
            .map { record, deadline in
                ControlAPI.Deadline(
                    what: deadline.kind.story, subject: record.job?.rawValue ?? record.batch.id.description,
                    batch: record.batch.id.description, job: record.job?.rawValue,
                    workload: record.batch.workload.description, at: deadline.at.rfc3339,
                    slackSeconds: deadline.slack(at: now).seconds,
                    state: deadline.urgency(at: now).rawValue)
            }
    }
}
