import BatchCore
import BatchStore

/// How fast a workload gets on, and when it will be over at that pace.
struct Pace {
    /// Rows that reach an outcome each second; nil when nothing was seen yet.
    let perSecond: Double?
    /// When the last row will have its outcome; nil when that is not known.
    let end: Timestamp?

    /// Judged by the jobs under way, where Stripe counts for us; else by the workload as a whole.
    init(_ workload: WorkloadRecord, live: [BatchRecord], at now: Timestamp) {
        guard !workload.state.isOver else {
            (perSecond, end) = (nil, nil)
            return
        }
        var doneInJobs: Int64 = 0
        var rateOfJobs = 0.0
        for record in live {
            guard let seen = record.batch.seen, let began = record.uploadedAt else { continue }
            let done = (seen.succeeded ?? 0) + (seen.failed ?? 0)
            let time = (record.endedAt ?? record.batch.aliveAt) - began
            doneInJobs += done
            if done > 0, time > .zero { rateOfJobs += Double(done) / time.seconds }
        }
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
