import BatchCore
import Env
import Foundation
import Synchronization
import TestSupport
import Testing

/// The whole daemon against the local Stripe in virtual time. `make torture` runs many more seeds.
@Suite(.serialized, .enabled(if: ProcessInfo.processInfo.environment["TORTURE_SEEDS"] != nil))
struct TortureTests {
    /// How many seeds. Worlds keep both cores busy: they run by themselves, after the tests that wait for facts.
    private static let seeds = ProcessInfo.processInfo.environment["TORTURE_SEEDS"].flatMap(Int.init) ?? 0

    @Test func whateverBreaksNothingIsLostAndNothingIsDoneTwice() async throws {
        for report in try await inParallel(1...Self.seeds, { try run(seed: $0) })
        where !report.violations.isEmpty {
            Issue.record("make torture SEED=\(report.seed): \(report.violations.prefix(3))")
        }
    }

    @Test func theSameSeedGivesTheSameHistory() async throws {
        for seed in [3, 11, 24] {
            let reports = try await inParallel([seed, seed, seed + 1], run)
            #expect(reports[0].digest == reports[1].digest)
            #expect(reports[0].digest != reports[2].digest)
        }
    }

    @Test func aPowerCutAtAnyPointLosesNothing() async throws {
        let reached = try await inParallel([[]], cut)[0].points
        #expect(Set(reached.keys) == Set(FaultPoint.allCases))
        try await check(FaultPoint.allCases.map { [$0] })
    }

    @Test func aDiskThatFailsEndsTheDaemonAndTheNextStartGoesOn() async throws {
        let report = try await inParallel([0.05]) { errors in
            let folder = freshFolder()
            defer { remove(folder) }
            return try PowerCuts.world(cutAt: [], folder: folder, diskErrors: errors).run()
        }[0]
        #expect(report.violations == [])
        #expect(report.faults["disk error", default: 0] > 1)
        #expect(PowerCuts.isRight(report), "\(report.states)")
    }

    @Test func whatWasClaimedIsNotStagedOnADiskThatIsShort() async throws {
        let report = try await inParallel([()]) {
            let folder = freshFolder()
            defer { remove(folder) }
            return try PowerCuts.shortDisk(folder: folder).run()
        }[0]
        #expect(report.violations == [])
        #expect(report.faults["crash"] == 1)
        // Whoever writes on a full disk meets this.
        #expect(report.faults["no space"] == nil)
        #expect(report.states[.succeeded] == 5)
    }

    @Test func aSecondPowerCutDuringRecoveryLosesNothing() async throws {
        let pairs = FaultPoint.allCases.flatMap { first in FaultPoint.allCases.map { [first, $0] } }
        // All of them with `make torture`; a part that moves through the whole here.
        let sample = pairs.enumerated().filter { $0.offset % 11 == Self.seeds % 11 }.map(\.element)
        try await check(sample)
    }

    private func check(_ cuts: [[FaultPoint]]) async throws {
        for (cuts, report) in zip(cuts, try await inParallel(cuts, cut)) {
            #expect(report.violations == [], "cut at \(cuts)")
            #expect(PowerCuts.isRight(report), "cut at \(cuts): \(report.states)")
        }
    }

    private func cut(at points: [FaultPoint]) throws -> Report {
        let folder = freshFolder()
        defer { remove(folder) }
        return try PowerCuts.world(cutAt: points, folder: folder).run()
    }

    private func run(seed: Int) throws -> Report {
        let folder = freshFolder()
        defer { remove(folder) }
        return try World(seed: UInt64(seed), folder: folder).run()
    }

    private func remove(_ folder: String) {
        // `try?`: all of them are removed when the process ends.
        try? FileManager.default.removeItem(atPath: folder)
    }
}

/// Runs a world for each element on two threads of our own: a world blocks its thread until it ends.
private func inParallel<Input: Sendable>(
    _ inputs: some Collection<Input>, _ body: @escaping @Sendable (Input) throws -> Report
) async throws -> [Report] {
    let inputs = Array(inputs)
    let next = Atomic(0)
    let reports = Mutex<[Int: Result<Report, any Error>]>([:])
    await withCheckedContinuation { done in
        let left = Countdown(2) { done.resume() }
        for _ in 0..<2 {
            Thread.detachNewThread {
                while true {
                    let index = next.add(1, ordering: .relaxed).oldValue
                    guard index < inputs.count else { break }
                    let report = Result { try body(inputs[index]) }
                    reports.withLock { $0[index] = report }
                }
                left.down()
            }
        }
    }
    return try reports.withLock { reports in try inputs.indices.compactMap { try reports[$0]?.get() } }
}

private final class Countdown: Sendable {
    private let left: Atomic<Int>
    private let atZero: @Sendable () -> Void

    init(_ count: Int, atZero: @escaping @Sendable () -> Void) {
        left = Atomic(count)
        self.atZero = atZero
    }

    func down() {
        if left.subtract(1, ordering: .acquiringAndReleasing).newValue == 0 { atZero() }
    }
}
