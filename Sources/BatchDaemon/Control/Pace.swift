import BatchCore
import BatchStore

/// How fast a workload gets on, and when it will be over at that pace.
struct Pace {
    /// Rows that reach an outcome each second; nil when nothing was seen yet.
    let perSecond: Double?
    /// When the last row will have its outcome; nil when that is not known.
    let end: Timestamp?

    /// Judged by the jobs under way, where Stripe counts for us; else by the workload as a whole.
    init(_ workload: WorkloadRecord, live: [LiveLane], at now: Timestamp) {
        guard !workload.state.isOver else {
            (perSecond, end) = (nil, nil)
            return
        }
        let doneInJobs = live.reduce(0) { $0 + $1.rowsDone }
        let rateOfJobs = live.reduce(0) { $0 + $1.rowsPerSecond }
        let rows = workload.rows
        let ended = rows[.succeeded] + rows[.failed] + rows[.canceled]
        let age = workload.startedAt.map { (now - $0).seconds } ?? 0
        let overall = ended > 0 && age > 0 ? Double(ended) / age : 0
        let rate = rateOfJobs > 0 ? rateOfJobs : overall
        // What is stopped has no end to be foreseen, and no pace once its last job is over.
        let isStopped = workload.state == .held || workload.state == .paused
        perSecond = rate > 0 && !(isStopped && rows[.inFlight] == 0) ? rate : nil
        let left = max(0, rows[.queued] + rows[.inFlight] - doneInJobs)
        // A forecast of years helps nobody.
        let seconds = rate > 0 ? Double(left) / rate : .infinity
        end = seconds < 86_400 * 365 && !isStopped ? now + .seconds(seconds) : nil
    }
}
