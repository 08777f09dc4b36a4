import ArgumentParser
import BatchCore
import Dispatch
import Env
import Foundation
import Synchronization
import TestSupport

/// Writes a line at once, so that a long run can be followed in a file.
private func say(_ line: String) {
    FileHandle.standardOutput.write(Data((line + "\n").utf8))
}

/// Runs many worlds, and prints what they came to.
@main
struct Torture: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract:
            "Simulate the whole daemon against the local Stripe, with every kind of fault, in virtual time.")

    @Option(help: "How many seeds to run.")
    var seeds = 500

    @Option(help: "The first seed.")
    var first: UInt64 = 1

    @Option(help: "Run this one seed and print its history.")
    var seed: UInt64?

    @Flag(help: "Cut the power at every fault point too, and at every pair of them.")
    var powerCuts = false

    @Flag(help: "Stop at the first seed that fails.")
    var stop = false

    @Option(help: "How many worlds run at once.")
    var jobs = 2

    func run() throws {
        let started = Date()
        if let seed {
            let report = try one(seed) { say($0) }
            show(report, worlds: 1, seconds: Date().timeIntervalSince(started))
            say("digest \(String(report.digest, radix: 16))")
            if !report.violations.isEmpty { throw ExitCode.failure }
            return
        }
        if powerCuts { try cutEverywhere() }
        let total = Mutex(Report())
        let failed = Mutex<[UInt64]>([])
        atOnce(seeds) { index in
            if stop, failed.withLock({ !$0.isEmpty }) { return }
            let seed = first + UInt64(index)
            do {
                let report = try one(seed, onLine: nil)
                total.withLock { $0.add(report) }
                for violation in report.violations.prefix(3) { say("seed \(seed): \(violation)") }
                if !report.violations.isEmpty { failed.withLock { $0.append(seed) } }
            } catch {
                say("seed \(seed): \(error)")
                failed.withLock { $0.append(seed) }
            }
        }
        show(total.withLock { $0 }, worlds: seeds, seconds: Date().timeIntervalSince(started))
        let bad = failed.withLock { $0.sorted() }
        guard bad.isEmpty else {
            say(
                "FAILED: \(bad.count) of \(seeds) seeds: \(bad.prefix(50).map(String.init).joined(separator: " "))"
            )
            say("See one again: make torture SEED=\(bad[0])")
            throw ExitCode.failure
        }
        say("All \(seeds) seeds passed.")
    }

    /// A power cut at each point, and at each pair of them, the second in the recovery from the first.
    private func cutEverywhere() throws {
        let started = Date()
        let singles = FaultPoint.allCases.map { [$0] }
        let pairs = FaultPoint.allCases.flatMap { first in FaultPoint.allCases.map { [first, $0] } }
        let cuts = [[]] + singles + pairs
        let bad = Atomic(0)
        let crashes = Atomic(0)
        atOnce(cuts.count) { index in
            let folder = freshFolder()
            defer { try? FileManager.default.removeItem(atPath: folder) }
            do {
                let report = try PowerCuts.world(cutAt: cuts[index], folder: folder).run()
                crashes.add(report.faults["crash"] ?? 0, ordering: .relaxed)
                guard !report.violations.isEmpty || !PowerCuts.isRight(report) else { return }
                say("cut at \(cuts[index]): \(report.violations.prefix(3)) \(report.states)")
            } catch {
                say("cut at \(cuts[index]): \(error)")
            }
            bad.add(1, ordering: .relaxed)
        }
        let time = Int(Date().timeIntervalSince(started))
        say(
            "Power cuts at \(singles.count) points and \(pairs.count) pairs of points: "
                + "\(crashes.load(ordering: .relaxed)) crashes, \(bad.load(ordering: .relaxed)) worlds failed, \(time) s."
        )
        if bad.load(ordering: .relaxed) > 0 { throw ExitCode.failure }
    }

    /// Calls `body` for each number below `count`, some at once.
    private func atOnce(_ count: Int, _ body: @escaping @Sendable (Int) -> Void) {
        let next = Atomic(0)
        DispatchQueue.concurrentPerform(iterations: jobs) { _ in
            while true {
                let index = next.add(1, ordering: .relaxed).oldValue
                guard index < count else { return }
                body(index)
            }
        }
    }

    private func one(_ seed: UInt64, onLine: (@Sendable (String) -> Void)?) throws -> Report {
        let folder = freshFolder()
        defer { try? FileManager.default.removeItem(atPath: folder) }
        var script = World.Script()
        script.onLine = onLine
        let world = try World(seed: seed, folder: folder, script: script)
        if let onLine { onLine(world.describe()) }
        return world.run()
    }

    private func show(_ report: Report, worlds: Int, seconds: Double) {
        say(report.summary(worlds: worlds, seconds: seconds))
    }
}
