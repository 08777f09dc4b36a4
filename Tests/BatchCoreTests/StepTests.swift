import BatchCore
import Testing

/// What a batch does next, against a Stripe that answers anything at all.
@Suite struct StepTests {
    private static let limits = Limits()
    private static let poll = PollPolicy(min: .seconds(5), max: .minutes(10))

    /// A batch, its clock, and a Stripe of which nothing can be expected.
    private struct Journey {
        var batch: Batch
        var now = Sample.start
        var random: SeededGenerator
        var steps = 0

        init(_ phase: BatchPhase, seed: UInt64) {
            batch = Sample.batch(phase)
            random = SeededGenerator(seed: seed)
        }

        var step: Step { batch.step(in: Circumstances(now: now)) }

        mutating func handle(_ event: BatchEvent) throws {
            try batch.handle(event, at: now, poll: StepTests.poll, limits: StepTests.limits, using: &random)
        }

        mutating func wish() {
            batch.cancelWanted = true
            batch.notBefore = now
        }

        mutating func maybe(_ chance: Double) -> Bool { Double.random(in: 0..<1, using: &random) < chance }

        mutating func anyStatus() -> JobSnapshot {
            var job = Sample.snapshot(Sample.statuses.randomElement(using: &random)!)
            if maybe(0.5) { job.succeeded = Int64.random(in: 0...2, using: &random) }
            return job
        }

        /// One of the answers to a step, good or bad; nil for a wait, and when there is nothing left to do.
        mutating func answer(to step: Step) throws -> BatchEvent? {
            if case .create = step { try handle(.willCreate(intent())) }
            if case .createAgain = step, batch.needsNewKey(at: now, limits: StepTests.limits) {
                try handle(.willCreate(intent()))
            }
            if case .upload = step { try handle(.willUpload) }
            if case .release(let reason) = step { return .release(reason) }
            if case .wait = step { return nil }
            if case .sweep = step { return nil }
            if maybe(0.4) { return .failed(Sample.failures.randomElement(using: &random)!) }
            switch step {
            case .stage: return .staged(Sample.file)
            case .create, .createAgain:
                var job = maybe(0.9) ? Sample.snapshot(.readyForUpload) : anyStatus()
                job.created = now
                return .created(job)
            case .upload, .resumeUpload: return maybe(0.5) ? .uploaded : .observed(anyStatus())
            case .poll, .cancel: return .observed(anyStatus())
            case .collect: return maybe(0.9) ? .archived : .resultsLost
            case .settle: return .settled
            case .release, .sweep, .wait, .rest: return nil
            }
        }

        private func intent() -> CreateIntent {
            CreateIntent(key: IdempotencyKey("k"), body: [], askedAt: now)
        }
    }

    @Test func whatIsPreparedGoesBackOnceItsWorkloadIsStoppedAndWhatRunsEnds() throws {
        let stopped = Circumstances(now: Sample.start, isStopped: true)
        for phase in Sample.phases {
            let batch = Sample.batch(phase)
            if phase.isPrepared {
                #expect(batch.step(in: stopped) == .release(.stopped))
            } else {
                #expect(batch.step(in: stopped) == batch.step(in: Circumstances(now: Sample.start)))
            }
        }
    }

    @Test(arguments: 1...400) func afterAFailedCallOrAFruitlessLookComesAWait(seed: UInt64) throws {
        var journey = Journey(.staging, seed: seed)
        var atOnce = 0
        for _ in 0..<300 {
            if journey.maybe(0.02) { journey.wish() }
            let step = journey.step
            if case .wait(let moment) = step {
                #expect(moment > journey.now, "a wait that has passed is a busy loop")
                journey.now = moment
                atOnce = 0
                continue
            }
            if step == .sweep { return }
            atOnce += 1
            #expect(atOnce <= 10, "\(step) again and again at one moment")
            let phase = journey.batch.phase
            guard let event = try journey.answer(to: step) else { break }
            try journey.handle(event)
            let isFruitless =
                switch event {
                case .failed: true
                case .observed: journey.batch.phase.isWatched
                default: false
                }
            guard isFruitless else { continue }
            guard case .wait(let moment) = journey.step else {
                Issue.record("\(phase.name) + \(event.name), then \(journey.step) at once")
                return
            }
            #expect(moment > journey.now)
        }
    }

    /// A Stripe that takes a cancellation, slowly, with many failures on the way.
    @Test(arguments: 0..<10, 1...20) func aCancelWishLeadsToAnEndFromEveryPhase(index: Int, seed: UInt64)
        throws
    {
        var journey = Journey(Sample.phases[index], seed: seed)
        journey.wish()
        var isAsked = false
        var looks = 0
        for _ in 0..<200 {
            let step = journey.step
            if case .wait(let moment) = step {
                journey.now = moment
                continue
            }
            if step == .sweep { return }
            if journey.maybe(0.3), step != .release(.canceled) {
                try journey.handle(.failed(.unanswered(reason: "cut")))
                continue
            }
            switch step {
            case .cancel:
                isAsked = true
                try journey.handle(.observed(Sample.snapshot(journey.maybe(0.5) ? .cancelling : .inProgress)))
            case .poll:
                looks += 1
                let status: JobStatus = isAsked && looks > 2 ? .canceled : isAsked ? .cancelling : .inProgress
                try journey.handle(.observed(Sample.snapshot(status)))
            case .release(let reason): try journey.handle(.release(reason))
            case .collect: try journey.handle(.archived)
            case .settle: try journey.handle(.settled)
            default:
                Issue.record("\(step) although it is canceled")
                return
            }
        }
        Issue.record("never ended: \(journey.batch.phase.name)")
    }

    @Test func aFileIsNotSentAgainOnceTheJobIsToBeCanceled() {
        let phase = BatchPhase.uploading(Sample.file, job: Sample.job, deadline: Sample.deadline)
        #expect(step(Sample.batch(phase, cancelWanted: true)) == .cancel(job: Sample.job))
        #expect(
            step(Sample.batch(phase))
                == .resumeUpload(Sample.file, job: Sample.job, deadline: Sample.deadline))
    }

    @Test func nothingIsUploadedWhenTooLittleOfTheWindowIsLeft() {
        let batch = Sample.batch(.awaitingUpload(Sample.file, job: Sample.job, deadline: Sample.deadline))
        let last = Sample.deadline - .seconds(64) - Self.limits.uploadMargin
        let seen = BatchSize.Seen(uploadRate: Double(Sample.file.bytes) / 64)
        func step(_ now: Timestamp) -> Step { batch.step(in: Circumstances(now: now, seen: seen)) }
        #expect(
            step(last - .milliseconds(1)) == .upload(Sample.file, job: Sample.job, deadline: Sample.deadline))
        #expect(step(last) == .release(.windowMissed))
    }

    @Test func noJobIsAskedForWhenItsFileWouldNotFitIntoTheWindow() {
        let batch = Sample.batch(.staged(Sample.file))
        func step(_ uploadTime: Duration) -> Step {
            let seen = BatchSize.Seen(uploadRate: Double(Sample.file.bytes) / uploadTime.seconds)
            return batch.step(in: Circumstances(now: Sample.start, seen: seen))
        }
        let longest = Self.limits.uploadWindow - Self.limits.uploadMargin
        #expect(step(longest - .seconds(1)) == .create)
        #expect(step(longest) == .release(.tooLarge))
    }

    @Test func aTimerNeverReleasesAFileThatMayHaveArrived() {
        for phase in Sample.phases where ["uploading", "processing"].contains(phase.name) {
            for days: Int64 in [0, 1, 30, 3650] {
                let step = Sample.batch(phase).step(in: Circumstances(now: Sample.start + .days(days)))
                if case .release = step { Issue.record("\(phase.name) after \(days) days: \(step)") }
            }
        }
    }

    @Test func nothingHappensBeforeItsMoment() {
        let later = Sample.start + .seconds(9)
        for phase in Sample.phases {
            for canceled in [false, true] {
                let batch = Sample.batch(phase, cancelWanted: canceled, notBefore: later)
                #expect(step(batch) == .wait(until: later))
            }
        }
    }

    @Test func aCreateKeepsItsKeyUntilItsJobCouldTakeNoFileAnyMore() {
        let batch = Sample.batch(.creating(Sample.file, Sample.intent))
        let old = Self.limits.uploadWindow - Self.limits.uploadMargin
        #expect(!batch.needsNewKey(at: Sample.start + old - .milliseconds(1), limits: Self.limits))
        #expect(batch.needsNewKey(at: Sample.start + old, limits: Self.limits))
        #expect(!Sample.batch(.staging).needsNewKey(at: Sample.start + .days(1), limits: Self.limits))
    }

    @Test func looksGrowRarerWhileTheStatusStaysAndFrequentAgainWhenItChanges() throws {
        var journey = Journey(.processing(job: Sample.job, pollAt: Sample.start), seed: 3)
        var pauses: [Duration] = []
        for status in Array(repeating: JobStatus.inProgress, count: 9) + [.cancelling] {
            var job = Sample.snapshot(status)
            // More rows are done each time: no reason to look again soon.
            job.succeeded = Int64(pauses.count)
            try journey.handle(.observed(job))
            guard case .processing(_, let pollAt) = journey.batch.phase else { return }
            pauses.append(pollAt - journey.now)
            journey.now = pollAt
        }
        let longest: [Int64] = [5, 10, 20, 40, 80, 160, 320, 600, 600, 5]
        #expect(pauses.count == longest.count)
        for (pause, most) in zip(pauses.map(\.milliseconds), longest) {
            // Up to a tenth less, so that jobs which began together part.
            #expect((most * 900...most * 1000).contains(pause))
        }
    }

    @Test func slotsAreHeldWhileAJobMayBeAlive() {
        let holding = Sample.phases.filter(\.holdsSlot).map(\.name)
        #expect(holding == ["creating", "awaiting_upload", "uploading", "processing"])
        #expect(
            Sample.phases.filter(\.isWatched).map(\.name) == ["awaiting_upload", "uploading", "processing"])
    }

    private func step(_ batch: Batch) -> Step {
        batch.step(in: Circumstances(now: Sample.start))
    }

    @Test func afterAStartEveryJobIsLookedAtAndNothingIsSentMeanwhile() {
        for phase in Sample.phases {
            for canceled in [false, true] {
                let batch = Sample.batch(phase, cancelWanted: canceled)
                var start = Circumstances(now: Sample.start, isSettlingIn: true, isUnplaced: phase.isWatched)
                let step = batch.step(in: start)
                switch phase.name {
                case "staged", "creating":
                    #expect(step == (canceled ? .release(.canceled) : .rest))
                case "awaiting_upload", "uploading", "processing":
                    #expect(step == .poll(job: Sample.job))
                    start.isUnplaced = false
                    #expect(batch.step(in: start) == .rest, "it was looked at, others were not")
                default: #expect(step == self.step(batch), "\(phase.name) is ours alone")
                }
            }
        }
    }

    /// What was not sent goes back, and what was is followed where it is.
    @Test func aBatchWhoseQueueHasMovedToAnotherAccountGoesBackUnlessItsFileWasSent() {
        for phase in Sample.phases {
            let batch = Sample.batch(phase)
            let stays = batch.step(in: Circumstances(now: Sample.start))
            let moves = batch.step(in: Circumstances(now: Sample.start, hasMoved: true))
            #expect(moves == (phase.isBeforeUpload ? .release(.accountChanged) : stays), "\(phase.name)")
        }
        let sent = Sample.phases.filter { !$0.isBeforeUpload }.map(\.name)
        #expect(sent == ["uploading", "processing", "collecting", "archived", "settled", "released"])
    }
}
