import BatchCore
import Testing

/// Every phase × every event, from one table: what is not in it is refused.
@Suite struct PhaseTableTests {
    /// An event with its name in the table: `observed:complete`, `release:canceled`, `staged`.
    private static let events: [(name: String, event: BatchEvent)] = {
        var events: [(String, BatchEvent)] = [
            ("staged", .staged(Sample.file)), ("will_create", .willCreate(Sample.intent)),
            ("will_upload", .willUpload), ("uploaded", .uploaded), ("archived", .archived),
            ("results_lost", .resultsLost), ("settled", .settled),
        ]
        for status in Sample.statuses {
            let word = if case .unknown = status { "unknown" } else { status.word }
            events.append(("created:\(word)", .created(Sample.snapshot(status))))
            events.append(("observed:\(word)", .observed(Sample.snapshot(status))))
        }
        events += Sample.failures.map { ("failed", .failed($0)) }
        events += ReleaseReason.allCases.map { ("release", .release($0)) }
        return events
    }()

    /// The transitions of `design.md` section 2; `failed` stays everywhere.
    private static let table: [String: [String: String]] = [
        "staging": ["staged": "staged", "release": "released"],
        "staged": ["will_create": "creating", "release": "released"],
        "creating": [
            "will_create": "creating", "release": "released",
            "created:ready_for_upload": "awaiting_upload", "created:unknown": "awaiting_upload",
            "created:validating": "released", "created:in_progress": "released",
            "created:cancelling": "released", "created:complete": "released",
            "created:canceled": "released", "created:validation_failed": "released",
            "created:batch_failed": "released", "created:upload_timeout": "released",
            "created:timeout": "released",
        ],
        "awaiting_upload": [
            "will_upload": "uploading", "release": "released",
            "observed:ready_for_upload": "awaiting_upload", "observed:cancelling": "awaiting_upload",
            "observed:canceled": "released", "observed:upload_timeout": "released",
            "observed:validating": "processing", "observed:in_progress": "processing",
            "observed:unknown": "processing", "observed:complete": "collecting",
            "observed:validation_failed": "collecting", "observed:batch_failed": "collecting",
            "observed:timeout": "collecting",
        ],
        "uploading": [
            "uploaded": "processing", "observed:ready_for_upload": "uploading",
            "observed:validating": "processing", "observed:in_progress": "processing",
            "observed:cancelling": "processing", "observed:unknown": "processing",
            "observed:complete": "collecting", "observed:canceled": "collecting",
            "observed:validation_failed": "collecting", "observed:batch_failed": "collecting",
            "observed:timeout": "collecting", "observed:upload_timeout": "released",
        ],
        "processing": [
            "observed:ready_for_upload": "processing", "observed:validating": "processing",
            "observed:in_progress": "processing", "observed:cancelling": "processing",
            "observed:unknown": "processing", "observed:complete": "collecting",
            "observed:canceled": "collecting", "observed:validation_failed": "collecting",
            "observed:batch_failed": "collecting", "observed:timeout": "collecting",
            "observed:upload_timeout": "released",
        ],
        "collecting": ["archived": "archived", "results_lost": "archived"],
        "archived": ["settled": "settled"],
        "settled": [:],
        "released": [:],
    ]

    @Test(arguments: Sample.phases) func anEventLeadsWhereTheTableSaysOrChangesNothing(phase: BatchPhase)
        throws
    {
        let allowed = try #require(Self.table[phase.name])
        for (name, event) in Self.events {
            var batch = Sample.batch(phase)
            let before = batch
            var random = SeededGenerator(seed: 1)
            let expected = name == "failed" ? phase.name : allowed[name]
            do throws(IllegalEvent) {
                try batch.handle(
                    event, at: Sample.start, poll: PollPolicy(), limits: Limits(), using: &random)
                #expect(batch.phase.name == expected, "\(phase.name) + \(name)")
            } catch {
                #expect(expected == nil, "\(phase.name) + \(name)")
                #expect((error.phase, error.event) == (phase.name, event.name))
                #expect(batch == before)
            }
        }
    }

    @Test func theTableHasEveryPhase() {
        #expect(Sample.phases.map(\.name) == BatchPhase.names)
        #expect(Set(Self.table.keys) == Set(BatchPhase.names))
    }

    @Test func onceAFileMayHaveBeenSentOnlyUploadTimeoutReleases() {
        for phase in Sample.phases where ["uploading", "processing"].contains(phase.name) {
            for (name, event) in Self.events {
                let next = try? after(phase, event)  // Refusals are the other test's.
                guard case .released(let reason) = next else { continue }
                #expect(name == "observed:upload_timeout")
                #expect(reason == .uploadTimeout)
            }
        }
    }

    @Test func anUnknownStatusNeitherEndsAJobNorReleasesARow() {
        let word = "sharded"
        #expect(JobStatus(word) == .unknown(word))
        #expect(JobStatus(word).ending == nil)
        for phase in Sample.phases {
            let next = try? after(phase, .observed(Sample.snapshot(.unknown(word))))  // Refused: fine too.
            #expect(next.map { $0.isWatched } ?? true, "\(phase.name)")
        }
    }

    @Test func bothSpellingsOfCanceledMeanTheSame() {
        #expect(JobStatus("canceled") == .canceled)
        #expect(JobStatus("cancelled") == .canceled)
        #expect(JobStatus("cancelling") == .cancelling)
        #expect(JobStatus("canceling") == .cancelling)
        #expect(JobStatus.canceled.word == "canceled")
        #expect(JobStatus.cancelling.word == "cancelling")
    }

    @Test(arguments: Sample.statuses) func aStatusSurvivesItsWord(status: JobStatus) {
        #expect(JobStatus(status.word) == status)
    }

    @Test func theSevenDaysOfTheResultsCountFromTheLastSignOfLife() throws {
        var batch = Sample.batch(.processing(job: Sample.job, pollAt: Sample.start))
        var random = SeededGenerator(seed: 2)
        func handle(_ event: BatchEvent, at now: Timestamp) throws {
            try batch.handle(event, at: now, poll: PollPolicy(), limits: Limits(), using: &random)
        }
        let alive = Sample.start + .hours(1)
        try handle(.observed(Sample.snapshot(.inProgress)), at: alive)
        try handle(.failed(.unanswered(reason: "cut")), at: alive + .hours(2))
        try handle(.observed(Sample.snapshot(.complete)), at: alive + .hours(3))
        #expect(batch.phase == .collecting(job: Sample.job, .complete, until: alive + .days(7)))
    }

    @Test func lostResultsAreKnownAsLost() throws {
        let phase = BatchPhase.collecting(job: Sample.job, .complete, until: Sample.start)
        #expect(try after(phase, .resultsLost) == .archived(job: Sample.job, .resultsExpired))
        #expect(try after(phase, .archived) == .archived(job: Sample.job, .complete))
    }

    @Test func theUploadWindowIsStripesAndIsCountedOnOurClock() throws {
        let creating = BatchPhase.creating(Sample.file, Sample.intent)
        func deadline(_ job: JobSnapshot) throws -> Timestamp? {
            let next = try after(creating, .created(job))
            guard case .awaitingUpload(_, _, let deadline) = next else { return nil }
            return deadline
        }
        let asked = Sample.intent.askedAt
        var job = Sample.snapshot(.readyForUpload)
        #expect(try deadline(job) == asked + .minutes(5))
        // Stripe's clock is a day ahead: what it says of the length of the window holds, its times do not.
        job.created = asked + .days(1)
        #expect(try deadline(job) == asked + .minutes(5))
        job.uploadDeadline = asked + .days(1) + .minutes(2)
        #expect(try deadline(job) == asked + .minutes(2))
    }

    private func after(_ phase: BatchPhase, _ event: BatchEvent) throws -> BatchPhase {
        try phase.after(
            event, at: Sample.start, lastAlive: Sample.start, poll: .seconds(5), limits: Limits())
    }
}
