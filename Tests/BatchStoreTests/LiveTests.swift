import BatchCore
import GRDB
import Synchronization
import Testing

@testable import BatchStore

/// What a status sums up is what the batches say one by one.
@Suite struct LiveTests {
    /// How SQLite goes about each statement that `body` reads by.
    private func plans(in bench: Bench, _ body: () throws -> Void) throws -> [String] {
        let statements = Mutex<[String]>([])
        // One reader is enough for one thread, and it is always the same one.
        try bench.store.database.unsafeRead { db in
            db.trace { event in statements.withLock { $0.append(event.expandedDescription) } }
        }
        try body()
        try bench.store.database.unsafeRead { $0.trace(nil) }
        return try bench.outside { db in
            try statements.withLock { $0 }.filter { $0.hasPrefix("SELECT") }.flatMap {
                try Row.fetchAll(db, sql: "EXPLAIN QUERY PLAN \($0)").map { $0["detail"] as String }
            }
        }
    }

    /// One workload for each phase, with two batches in it; each has been looked at, and some calls fail.
    private func bench() throws -> Bench {
        let bench = try Bench()
        for (place, phase) in BatchPhase.names.enumerated() {
            let workload = try bench.workload(2, digest: UInt8(place))
            for _ in 0..<2 {
                let batch = try #require(try bench.claim(workload, rows: 1))
                if phase == "released" {
                    try bench.release(batch)
                } else if phase != "settled" {
                    try look(at: try bench.lead(batch, to: phase), in: bench, failures: place % 3)
                }
                bench.now = bench.now + .seconds(7)
            }
        }
        return bench
    }

    private func look(at batch: Batch, in bench: Bench, failures: Int) throws {
        var batch = batch
        batch.failures = failures
        if case .processing = batch.phase { batch.runsSince = bench.now }
        if let job = batch.phase.job {
            batch.seen = JobSnapshot(
                id: job, status: .inProgress, validated: nil, succeeded: 3 + batch.id.rawValue, failed: 1,
                failure: nil)
            batch.pace = RowPace(since: bench.now, done: 0)
        }
        batch.aliveAt = bench.now + .seconds(batch.id.rawValue)
        try bench.store.record(
            batch, was: batch.phase, failure: failures > 0 ? CallFailure.notSent(reason: "cut") : nil,
            at: bench.now)
    }

    @Test func theLanesSumUpTheBatches() throws {
        let bench = try bench()
        let records = try bench.store.batches(liveOnly: true)
        #expect(Set(records.map(\.batch.phase.name)).isSuperset(of: BatchPhase.names.dropLast(2)))
        let lanes = try bench.store.lanes()
        #expect(lanes.reduce(0) { $0 + $1.batches } == records.count)
        for lane in lanes {
            let own = records.filter {
                $0.batch.workload == lane.workload && $0.batch.phase.kind == lane.phase
                    && $0.batch.queue == lane.queue && $0.batch.account == lane.account
            }
            #expect(lane.batches == own.count)
            #expect(lane.oldest == own.map(\.batch.id).min())
            #expect(lane.failing == own.count { $0.batch.failures > 0 })
            let looks = own.compactMap { record -> Timestamp? in
                if case .processing(_, let pollAt) = record.batch.phase { pollAt } else { nil }
            }
            #expect(lane.nextLook == looks.min())
            let uploaded = own.filter { $0.uploadedAt != nil }
            let done = uploaded.map { ($0.batch.seen?.succeeded ?? 0) + ($0.batch.seen?.failed ?? 0) }
            #expect(lane.rowsDone == done.reduce(0, +))
            let rates = zip(uploaded, done).map { record, done in
                let time = (record.endedAt ?? record.batch.aliveAt) - record.uploadedAt!
                return done > 0 && time > .zero ? Double(done) / time.seconds : 0
            }
            #expect(abs(lane.rowsPerSecond - rates.reduce(0, +)) < 1e-6)
        }
        #expect(lanes.contains { $0.rowsPerSecond > 0 } && lanes.contains { $0.failing > 0 })
        let one = try #require(lanes.first?.workload)
        #expect(try bench.store.lanes(of: one) == lanes.filter { $0.workload == one })
    }

    @Test func theJobsAreCountedByWhatTheyAre() throws {
        let bench = try bench()
        let jobs = try bench.store.batches(liveOnly: true).filter { $0.job != nil }
        let counted = Dictionary(grouping: jobs) { $0.ending?.rawValue ?? $0.batch.seen?.status.word }
        let found = try bench.store.liveJobs()
        #expect(Set(found.map(\.account)) == ["main"])
        #expect(Dictionary(found.map { ($0.state, $0.jobs) }) { $0 + $1 } == counted.mapValues(\.count))
        #expect(Set(found.map(\.state)).isSuperset(of: ["in_progress", "complete"]))
    }

    @Test func theClocksAreThoseOfTheBatches() throws {
        let bench = try bench()
        let limits = Limits()
        let records = try bench.store.batches(liveOnly: true)
        let clocks = try bench.store.clocks(limits: limits)
        let expected = records.compactMap { record in
            record.batch.deadline(limits).map {
                RunningClock(
                    batch: record.batch.id, workload: record.batch.workload, job: record.job, deadline: $0)
            }
        }
        #expect(Set(clocks) == Set(expected))
        #expect(Set(clocks.map(\.deadline.kind)) == Set(Deadline.Kind.allCases))
        let one = try #require(clocks.first?.workload)
        #expect(try bench.store.clocks(of: one, limits: limits).allSatisfy { $0.workload == one })
        #expect(try bench.store.clocks(queue: "other", limits: limits).isEmpty)
    }

    @Test func theWorstFailureIsTheOneThatFailedMostOften() throws {
        let bench = try bench()
        let worst = try #require(
            try bench.store.batches(liveOnly: true).max { $0.batch.failures < $1.batch.failures })
        let found = try #require(try bench.store.worstFailure())
        #expect(found.batch == worst.batch.id && found.count == 2 && found.why == worst.lastFailure)
    }

    /// A status is asked for at any moment: nothing on its way may be the longer the more rows there are.
    @Test func noneOfThemLooksAtRows() throws {
        let bench = try bench()
        let workload = try #require(try bench.store.workloads(limit: 1).first?.id)
        let steps = try plans(in: bench) {
            _ = try bench.store.lanes()
            _ = try bench.store.clocks(limits: Limits())
            _ = try bench.store.worstFailure()
            _ = try bench.store.liveJobs()
            _ = try bench.store.workloads(openOnly: true)
            _ = try bench.store.workloads(overOnly: true, limit: 5)
            _ = try bench.store.totals()
            _ = try bench.store.commonestHoldReason(in: workload)
            _ = try bench.store.batchCount(of: workload)
            _ = try bench.store.pauses()
        }
        #expect(!steps.isEmpty)
        for step in steps {
            #expect(!step.contains("row_input") && !step.contains("name_block"), "\(step)")
            #expect(!step.hasPrefix("SCAN row_state") || step.contains("row_held"), "\(step)")
        }
        #expect(steps.contains { $0.contains("row_held") })
    }
}
