import BatchCore
import Testing

/// Stripe's three clocks, in virtual time: whatever the rates do, no job runs out of its day, and a slow uplink
/// costs one late file at most.
@Suite struct ClockTests {
    /// One lane to a Stripe whose pace changes: every decision is the core's, the rest is arithmetic.
    private struct Lane {
        var rowRate: (Timestamp) -> Double
        var uplink: (Timestamp) -> Double
        var left: Int64
        let bytesPerRow: Int64
        var now = Sample.start
        /// The last rate of each job.
        var rates: [Double] = []
        var sendings: [Sending] = []
        var endings: [JobStatus] = []
        var sizes: [Int64] = []
        var lateUploads = 0
        /// No look happens in this time.
        var outage: Range<Timestamp>?
        private var random = SeededGenerator(seed: 1)

        init(
            rows: Int64, bytesPerRow: Int64 = 300, rowRate: @escaping (Timestamp) -> Double,
            uplink: @escaping (Timestamp) -> Double = { _ in 10_000_000 }
        ) {
            left = rows
            self.bytesPerRow = bytesPerRow
            self.rowRate = rowRate
            self.uplink = uplink
        }

        var seen: BatchSize.Seen {
            BatchSize.Seen(rowRate: rates.suffix(5).min(), uploadRate: Sending.rate(of: sendings.suffix(5)))
        }

        static let poll = PollPolicy(min: .minutes(2), max: .minutes(10))

        var circumstances: Circumstances { Circumstances(now: now, seen: seen, poll: Self.poll) }

        mutating func handle(_ batch: inout Batch, _ event: BatchEvent) throws {
            try batch.handle(event, at: now, poll: Self.poll, limits: Limits(), using: &random)
        }

        mutating func runAll() throws {
            while left > 0, sizes.count < 200 { try runOne() }
            #expect(left == 0)
        }

        private mutating func runOne() throws {
            let size = BatchSize(policy: Sample.policy(), seen: seen, limits: Limits())
            let rows = max(1, min(left, size.rows, size.bytes / bytesPerRow))
            sizes.append(rows)
            let file = InputFile(bytes: rows * bytesPerRow, sha256: Sample.file.sha256)
            var batch = Sample.batch(.staged(file), notBefore: now)
            batch.rows = rows
            #expect(batch.step(in: circumstances) == .create)
            batch.phase = .awaitingUpload(file, job: Sample.job, deadline: now + .minutes(5))
            guard try send(file, &batch) else { return }
            try work(&batch)
        }

        private mutating func send(_ file: InputFile, _ batch: inout Batch) throws -> Bool {
            try handle(&batch, .willUpload)
            let time = Duration.seconds(Double(file.bytes) / uplink(now))
            guard time < .minutes(5) else {
                lateUploads += 1
                sendings.append(
                    Sending(bytes: Int64(uplink(now) * 300), time: .minutes(5), arrived: false))
                now = now + .minutes(5)
                return false
            }
            now = now + time
            sendings.append(Sending(bytes: file.bytes, time: time, arrived: true))
            try handle(&batch, .uploaded)
            return true
        }

        private mutating func work(_ batch: inout Batch) throws {
            let end = now + .hours(24)
            var done = 0.0
            var isCanceled = false
            let known = rates.count
            while true {
                let step = batch.step(in: circumstances)
                if case .wait(var moment) = step {
                    if let outage, outage.contains(moment) { moment = outage.upperBound }
                    // Slices of a minute, because the rate may change.
                    while now < moment {
                        let next = min(moment, now + .minutes(1))
                        if now < end {
                            done = min(Double(batch.rows), done + rowRate(now) * (next - now).seconds)
                        }
                        now = next
                    }
                    continue
                }
                isCanceled = step == .cancel(job: Sample.job)
                #expect(isCanceled || step == .poll(job: Sample.job))
                let wasLate = now >= end && Int64(done) < batch.rows
                var job = Sample.snapshot(.inProgress)
                job.succeeded = Int64(done)
                if Int64(done) >= batch.rows { job.status = .complete }
                if isCanceled { job.status = .canceled }
                if wasLate { job.status = .timeout }
                try handle(&batch, .observed(job))
                if let rate = batch.pace?.rate {
                    rates.removeSubrange(known...)
                    rates.append(rate)
                }
                guard job.status.ending != nil else { continue }
                endings.append(job.status)
                left -= Int64(done)
                return
            }
        }
    }

    private static let drop = Sample.start + .hours(7)

    @Test func noJobTimesOutWhenTheRateDropsMidWay() throws {
        var lane = Lane(rows: 6_000_000, rowRate: { $0 < Self.drop ? 100 : 3 })
        try lane.runAll()
        #expect(!lane.endings.contains(.timeout))
        // The job that was under way was ended before its day was over; those after it were made to fit.
        #expect(lane.endings.filter { $0 == .canceled }.count == 1)
        #expect(lane.sizes.max() ?? 0 > 500_000)
        #expect(try #require(lane.sizes.dropLast().last) < 260_000)
    }

    @Test func noJobTimesOutAtAPaceThatWasNeverExpected() throws {
        for rate in [0.5, 3, 9.9, 10, 40] {
            var lane = Lane(rows: Int64(rate * 86_400 * 3), rowRate: { _ in rate })
            try lane.runAll()
            #expect(!lane.endings.contains(.timeout), "\(rate) rows a second")
        }
    }

    @Test func aRateThatRecoversIsUsedAgain() throws {
        let back = Sample.start + .hours(30)
        var lane = Lane(rows: 12_000_000, rowRate: { $0 > Self.drop && $0 < back ? 3 : 100 })
        try lane.runAll()
        #expect(!lane.endings.contains(.timeout))
        #expect(lane.now - Sample.start < .hours(120))
    }

    @Test func anUplinkThatBecomesSlowCostsOneLateFileAtMost() throws {
        for slow in [1_000_000.0, 300_000] {
            var lane = Lane(
                rows: 8_000_000, rowRate: { _ in 100 }, uplink: { $0 < Self.drop ? 30_000_000 : slow })
            try lane.runAll()
            #expect(lane.lateUploads <= 1, "\(slow) bytes a second")
        }
        var steady = Lane(rows: 8_000_000, rowRate: { _ in 100 }, uplink: { _ in 2_100_000 })
        try steady.runAll()
        #expect(steady.lateUploads == 0, "half of what is assumed still fits")
    }

    /// Three days without a look: what the job did meanwhile says nothing about its pace.
    @Test func anOutageChangesNoRate() throws {
        var lane = Lane(rows: 2_500_000, rowRate: { _ in 50 })
        lane.outage = (Sample.start + .hours(3))..<(Sample.start + .hours(75))
        try lane.runAll()
        #expect(lane.rates.allSatisfy { (45...55).contains($0) }, "\(lane.rates)")
    }

    // MARK: - Measurements

    @Test func halfADropIsSeenInAMinuteAndMostOfItInSix() throws {
        var random = SeededGenerator(seed: 1)
        var batch = Sample.batch(.uploading(Sample.file, job: Sample.job, deadline: Sample.deadline))
        var now = Sample.start
        func look(_ done: Int64) throws {
            now = now + .seconds(60)
            var job = Sample.snapshot(.inProgress)
            job.succeeded = done
            try batch.handle(.observed(job), at: now, poll: PollPolicy(), limits: Limits(), using: &random)
        }
        try batch.handle(.uploaded, at: now, poll: PollPolicy(), limits: Limits(), using: &random)
        for minute in 1...10 { try look(Int64(minute) * 6000) }
        #expect(batch.pace?.rate == 100)
        var rates: [Double] = []
        for minute in 1...6 {
            try look(60_000 + Int64(minute) * 180)
            rates.append(batch.pace?.rate ?? 0)
        }
        #expect(rates[0] < 52)
        #expect(rates[5] < 5)
        // The clock is set back by a day: measured anew, not backwards.
        now = now - .days(1)
        try look(61_300)
        try look(61_480)
        #expect(try #require(batch.pace?.rate) < 5)
        #expect(try #require(batch.pace?.rate) > 0)
    }

    @Test func whatUploadsSayOfTheUplink() {
        func sending(_ megabytes: Double, _ seconds: Int, arrived: Bool = true) -> Sending {
            Sending(bytes: Int64(megabytes * 1_000_000), time: .seconds(seconds), arrived: arrived)
        }
        #expect(Sending.rate(of: []) == nil)
        #expect(Sending.rate(of: [sending(100, 10)]) == 10_000_000)
        // Down at once, up by halves.
        #expect(Sending.rate(of: [sending(100, 10), sending(100, 100)]) == 1_000_000)
        #expect(Sending.rate(of: [sending(100, 100), sending(100, 10)]) == 5_500_000)
        #expect(Sending.rate(of: [sending(100, 10), sending(270, 270, arrived: false)]) == 1_000_000)
        // What did not arrive cannot raise it, and a cut connection was not slow.
        #expect(Sending.rate(of: [sending(100, 100), sending(100, 10, arrived: false)]) == 1_000_000)
        #expect(Sending.rate(of: [sending(100, 10), sending(0.1, 270, arrived: false)]) == 10_000_000)
        // A small file says how fast at least.
        #expect(Sending.rate(of: [sending(0.5, 1)]) == nil)
        #expect(Sending.rate(of: [sending(2, 200), sending(0.5, 1)]) == 500_000)
        #expect(Sending.rate(of: [sending(100, 10), sending(0.5, 5)]) == 10_000_000)
    }

    // MARK: - Deadlines

    @Test func everyClockHasItsDeadlineAndItsSlack() {
        let limits = Limits()
        var deadlines: [String: Deadline?] = [:]
        for phase in Sample.phases {
            var batch = Sample.batch(phase)
            batch.runsSince = Sample.start
            deadlines[phase.name] = batch.deadline(limits)
        }
        #expect(deadlines["creating"] == Deadline(.upload, at: Sample.start + .minutes(5)))
        #expect(deadlines["awaiting_upload"] == Deadline(.upload, at: Sample.deadline))
        #expect(deadlines["uploading"] == Deadline(.upload, at: Sample.deadline))
        #expect(deadlines["processing"] == Deadline(.processing, at: Sample.start + .hours(24)))
        #expect(deadlines["collecting"] == Deadline(.results, at: Sample.start + .days(7)))
        for name in ["staging", "staged", "archived", "settled", "released"] {
            #expect(deadlines[name] == .some(nil))
        }
    }

    @Test func resultsAlarmLongBeforeTheyExpire() throws {
        let deadline = Deadline(.results, at: Sample.start + .days(7))
        for (left, urgency) in [
            (Duration.days(7), Deadline.Urgency.ok), (.days(3) + .milliseconds(1), .ok), (.days(3), .soon),
            (.days(1) + .milliseconds(1), .soon), (.days(1), .urgent), (.milliseconds(1), .urgent),
            (.zero, .missed), (.days(-1), .missed),
        ] {
            let now = deadline.at - left
            #expect(deadline.slack(at: now) == left)
            #expect(deadline.urgency(at: now) == urgency)
            #expect(deadline.alarms(at: now) == (urgency >= .soon))
            if let next = deadline.nextChange(after: now) {
                #expect(deadline.urgency(at: next) > urgency)
                #expect(deadline.urgency(at: next - .milliseconds(1)) == urgency)
            } else {
                #expect(urgency == .missed)
            }
        }
        #expect(!Deadline(.upload, at: Sample.start).alarms(at: Sample.start + .days(1)))
    }

    @Test func aFileThatArrivedUnseenCountsFromItsWindowAtTheLatest() throws {
        var random = SeededGenerator(seed: 1)
        var batch = Sample.batch(.uploading(Sample.file, job: Sample.job, deadline: Sample.deadline))
        try batch.handle(
            .observed(Sample.snapshot(.inProgress)), at: Sample.start + .hours(10), poll: PollPolicy(),
            limits: Limits(),
            using: &random)
        #expect(batch.deadline(Limits())?.at == Sample.deadline + .hours(24))
    }

    // MARK: - A clock that is set

    @Test(arguments: Sample.phases) func aClockThatWasSetBackParksNoBatch(phase: BatchPhase) {
        for set in [Duration.minutes(20), .hours(5), .days(400)] {
            var batch = Sample.batch(phase)
            if case .processing(let job, _) = phase {
                batch.phase = .processing(job: job, pollAt: Sample.start + .minutes(10))
            }
            batch.notBefore = Sample.start + .seconds(60)
            let step = batch.step(in: Circumstances(now: Sample.start - set))
            if case .wait(let moment) = step { Issue.record("\(phase.name) waits until \(moment.rfc3339)") }
        }
    }

    @Test func whatNoLongerFitsIsGivenBackBeforeAJobIsAskedFor() {
        var batch = Sample.batch(.staged(Sample.file))
        batch.rows = 1_000_000
        func step(_ rate: Double?) -> Step {
            batch.step(in: Circumstances(now: Sample.start, seen: BatchSize.Seen(rowRate: rate)))
        }
        #expect(step(100) == .create)
        #expect(step(nil) == .create)
        #expect(step(3) == .release(.tooLarge))
        batch.rows = 1
        #expect(step(1e-9) == .create)
    }
}
