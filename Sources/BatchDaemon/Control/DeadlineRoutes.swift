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
        // By place: a record is large, and there may be a thousand.
        let running = records.indices.compactMap { place in
            records[place].batch.deadline(limits).map { (deadline: $0, place: place) }
        }
        return running.filter { !alarmsOnly || $0.deadline.alarms(at: now) }
            .sorted {
                ($0.deadline.at, records[$0.place].batch.id) < ($1.deadline.at, records[$1.place].batch.id)
            }
            .prefix(limit)
            .map { deadline, place in
                let record = records[place]
                return ControlAPI.Deadline(
                    what: deadline.kind.story, subject: record.job?.rawValue ?? record.batch.id.description,
                    batch: record.batch.id.description, job: record.job?.rawValue,
                    workload: record.batch.workload.description, at: deadline.at.rfc3339,
                    slackSeconds: deadline.slack(at: now).seconds,
                    state: deadline.urgency(at: now).rawValue)
            }
    }
}
