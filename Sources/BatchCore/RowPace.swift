/// How fast Stripe works through the rows of a job, measured between looks at it.
///
/// A look at a job that still runs is exact, however long ago the last one was. The end of a job is not: while
/// nobody looked it may have ended long before. So an outage neither slows a rate down nor speeds it up.
package struct RowPace: Hashable, Sendable {
    /// When the measurement that is under way began.
    package var since: Timestamp
    /// How many rows were done then.
    package var done: Int64
    /// Rows a second; nil before anything was measured.
    package var rate: Double?
    /// When that was measured.
    package var measuredAt: Timestamp?

    /// Shorter measurements say more about our looks than about Stripe's pace.
    private static let shortest = Duration.seconds(60)
    /// A measurement of this length needs no earlier one beside it.
    private static let longest = Duration.minutes(10)

    /// A measurement that begins.
    package init(since: Timestamp, done: Int64, rate: Double? = nil, measuredAt: Timestamp? = nil) {
        self.since = since
        self.done = done
        self.rate = rate
        self.measuredAt = measuredAt
    }

    /// Takes in a look at a job that executes rows.
    mutating func look(done now: Int64, at moment: Timestamp) {
        let time = moment - since
        if time < .zero { begin(at: moment, done: now) }
        guard time >= Self.shortest else { return }
        // One row at least: a pause of Stripe's is no reason to send rows one by one.
        blend(Double(max(1, now - done)) / time.seconds, over: time, at: moment)
        begin(at: moment, done: now)
    }

    /// Takes in the end of a job that executed all its rows. `lastLook` is when it was last seen at work.
    mutating func end(done all: Int64, at moment: Timestamp, lastLook: Timestamp, assumed: Double) {
        let time = moment - since
        guard time > .zero, all > done else { return }
        let seen = Double(all - done) / time.seconds
        if time >= Self.shortest, moment - lastLook <= time / 2 {
            blend(seen, over: time, at: moment)
        } else if seen > rate ?? assumed {
            // It cannot have been slower than this.
            (rate, measuredAt) = (seen, moment)
        }
    }

    /// The measurement begins anew: nothing is executed yet, or the clock was set back.
    mutating func begin(at moment: Timestamp, done: Int64 = 0) {
        (since, self.done) = (moment, done)
    }

    /// Half and half with what was known, so that one odd minute does not decide; a long time stands for itself.
    private mutating func blend(_ seen: Double, over time: Duration, at moment: Timestamp) {
        rate = if let rate, time < Self.longest { (rate + seen) / 2 } else { seen }
        measuredAt = moment
    }
}

extension JobSnapshot {
    /// Rows that were executed so far.
    var done: Int64 { (succeeded ?? 0) + (failed ?? 0) }
}
