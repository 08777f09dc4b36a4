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
            let clocks = try facts.store.clocks(
                of: try facts.workloadFilter(call), queue: try facts.queueFilter(call), limits: facts.limits)
            return try .json(List(data: facts.deadlines(clocks)))
        }
    }
}

extension Facts {
    /// The clocks of Stripe, the most urgent first.
    func deadlines(
        _ clocks: [RunningClock], alarmsOnly: Bool = false, limit: Int = .max
    ) -> [ControlAPI.Deadline] {
        let now = clock.now()
        return clocks.filter { !alarmsOnly || $0.deadline.alarms(at: now) }
            .sorted { ($0.deadline.at, $0.batch) < ($1.deadline.at, $1.batch) }
            .prefix(limit)
            .map { clock in
                ControlAPI.Deadline(
                    what: clock.deadline.kind.story,
                    subject: clock.job?.rawValue ?? clock.batch.description,
                    batch: clock.batch.description, job: clock.job?.rawValue,
                    workload: clock.workload.description, at: clock.deadline.at.rfc3339,
                    slackSeconds: clock.deadline.slack(at: now).seconds,
                    state: clock.deadline.urgency(at: now).rawValue)
            }
    }
}
