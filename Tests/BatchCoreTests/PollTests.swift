import BatchCore
import Testing

/// How often a job is looked at, in virtual time.
@Suite struct PollTests {
    /// Looks at a job of a day until it has ended; an event says so, or nobody does.
    private func looks(_ poll: PollPolicy, hours: Int64 = 22, event: Bool, seed: UInt64 = 1) throws
        -> [Timestamp]
    {
        var random = SeededGenerator(seed: seed)
        var now = Sample.start
        var batch = Sample.batch(.uploading(Sample.file, job: Sample.job, deadline: Sample.deadline))
        batch.rows = 1_000_000
        try batch.handle(.uploaded, at: now, poll: poll, limits: Limits(), using: &random)
        let end = now + .hours(hours)
        var looks: [Timestamp] = []
        while looks.count < 100_000 {
            switch batch.step(in: Circumstances(now: now, poll: poll)) {
            case .wait(let moment): now = event && now < end ? min(moment, end) : moment
            case .poll:
                looks.append(now)
                if now >= end { return looks }
                // It always shows something new: more rows are done.
                var seen = Sample.snapshot(now - Sample.start < .minutes(2) ? .validating : .inProgress)
                seen.succeeded = (now - Sample.start).milliseconds / 100
                try batch.handle(.observed(seen), at: now, poll: poll, limits: Limits(), using: &random)
            default: return []
            }
            if event, now >= end, case .processing = batch.phase {
                batch.phase = .processing(job: Sample.job, pollAt: now)
                batch.notBefore = now
            }
        }
        return looks
    }

    @Test func aJobOfADayCostsAHandfulOfLooksBesideEventsAndAHundredWithout() throws {
        let beside = try looks(PollPolicy().besideEvents, event: true).count
        #expect((3...12).contains(beside), "\(beside)")
        let alone = try looks(PollPolicy(), event: false).count
        #expect((100...160).contains(alone), "\(alone)")
    }

    @Test func aLostEventCostsASmallJobLittle() throws {
        for seconds in [30, 300, 3000] as [Int64] {
            var pause = Duration.zero
            var looks = 0
            let poll = PollPolicy().besideEvents
            while pause < .seconds(seconds) {
                pause = pause + poll.delay(unchanged: looks)
                looks += 1
            }
            #expect(pause <= max(.minutes(1), .seconds(seconds) * 9), "\(seconds)")
        }
    }

    @Test func jobsThatBeganTogetherAreNotLookedAtTogether() throws {
        let some = try looks(PollPolicy(), event: false, seed: 1)
        let others = try looks(PollPolicy(), event: false, seed: 2)
        #expect(Set(some).intersection(others).count < some.count / 10)
    }

    @Test func pausesGrowToTheLongestAndStayThere() {
        let poll = PollPolicy(min: .seconds(5), max: .minutes(10))
        #expect(
            (0..<9).map { poll.delay(unchanged: $0) }
                == [5, 10, 20, 40, 80, 160, 320, 600, 600].map { .seconds($0) })
        #expect(poll.besideEvents.delay(unchanged: 1_000_000) == .hours(6))
    }
}
