import BatchCore
import BatchStore
package import Env
import Foundation
import Orchestration
import StripeSimulator
import Synchronization

/// A daemon, a Stripe, a network, operators, and days of time, in one process, on one thread.
///
/// First anything may fail, and only safety is asked for: what the records say is true. Then everything is
/// healed, and all of it must come to an end. At last the three truths are compared.
package final class World: Sendable {
    /// Decides everything.
    package let seed: UInt64
    /// What goes wrong in it.
    package let swarm: Swarm
    /// What its operators want.
    package let errands: [Errand]
    let scheduler: Scheduler
    let stripe: InProcessStripe
    let pool: Pool
    let dice: Entropy
    let disk = FrailDisk()
    let witness = Witness()
    /// So many promises were broken that the rest of the story tells nothing.
    private let isBroken = Flag()
    /// The folder of all its lives; the caller removes it.
    package let folder: String
    private let script: Script
    let state = Mutex(State())

    static let key = "sk_test_torture_5ecret"
    /// How long everything may take to end once nothing fails any more.
    private static let patience = Duration.days(120)

    /// Something a test wants to happen at certain moments; nothing by default.
    package struct Script: Sendable {
        /// Called at every fault point with how often it was passed in this life; true to crash there.
        package var crashesAt: @Sendable (_ point: FaultPoint, _ passing: Int, _ life: Int) -> Bool = {
            _, _, _ in
            false
        }
        /// Gets each line of the history as it is written.
        package var onLine: (@Sendable (String) -> Void)?

        /// Nothing happens.
        package init() {}
    }

    struct State {
        var life: Life?
        /// Cuts the tasks of the present life short.
        var kill: (@Sendable () -> Void)?
        var lives = 0
        var passings: [FaultPoint: Int] = [:]
        var crashIn: Double?
        var nextFolder: String?
        var isHealed = false
        var isFinished = false
        var isStopping = false
        /// The disk refused something that only a restart can mend.
        var hasDiskFailed = false
        var accepted: [Int: WorkloadID] = [:]
        var canceled: Set<Int> = []
        /// A person has sent held rows of these again.
        var sentAgain: Set<WorkloadID> = []
        var report = Report()
    }

    /// A world drawn from a seed.
    package convenience init(seed: UInt64, folder: String, script: Script = Script()) throws {
        let dice = Entropy.seeded(seed &* 0x9E37_79B9_7F4A_7C15)
        let rowsPerSecond = dice.pick([0.002, 0.02, 0.2, 2, 10, 100, 100])
        let errands = drawErrands(dice, rowsPerSecond: rowsPerSecond)
        let swarm = try Swarm(drawing: dice, rows: errands.flatMap(\.rows), rowsPerSecond: rowsPerSecond)
        try self.init(
            seed: seed, errands: drawGuards(dice, errands), swarm: swarm, folder: folder, script: script)
    }

    /// A world of these errands and faults; the seed decides the rest.
    package init(seed: UInt64, errands: [Errand], swarm: Swarm, folder: String, script: Script = Script())
        throws
    {
        self.seed = seed
        self.swarm = swarm
        self.errands = errands
        self.folder = folder
        self.script = script
        dice = .seeded(seed &+ 1)
        let start = Timestamp(milliseconds: 1_790_000_000_000)
        scheduler = Scheduler(seed: seed, start: start)
        pool = Pool(scheduler)
        let scheduler = scheduler
        stripe = try InProcessStripe(
            directory: "\(folder)/stripe", seed: seed, rowsPerSecond: swarm.rowsPerSecond,
            hasRateLimits: swarm.hasRateLimits, scenario: swarm.scenario,
            start: Date(timeIntervalSince1970: Double((start + swarm.skew).milliseconds) / 1000)
        ) { scheduler.now - start }
        try FileSystem.makeFolders("\(folder)/life-1")
    }

    /// Runs the world to its end.
    package func run() -> Report {
        let script = Flag()
        inBackground {
            await self.play()
            script.raise()
        }
        drawNextCrash()
        while !script.isRaised, !isBroken.isRaised {
            if case .stuck = scheduler.step() {
                violated("nothing is ready, nobody sleeps, and not everything has ended")
                break
            }
            tick()
        }
        return state.withLock { state in
            state.report.seed = seed
            state.report.digest = scheduler.digest
            state.report.jobs = scheduler.jobs
            state.report.simulated = scheduler.now - scheduler.start
            state.report.rows = errands.reduce(0) { $0 + $1.rows.count }
            return state.report
        }
    }

    /// The whole story, as a task.
    private func play() async {
        await DiskWatch.$present.withValue(diskWatch()) {
            await withTaskGroup(of: Void.self) { group in
                group.addTask { await self.keepRunning() }
                for errand in errands { group.addTask { await self.operate(errand) } }
                await self.direct()
                // An operator who would still do something finds nobody any more.
                group.cancelAll()
            }
        }
    }

    private func direct() async {
        await pause(swarm.chaos)
        state.withLock { $0.isHealed = true }
        trace("healed")
        await stripe.heal()
        // What was held gets another chance at a start.
        if swarm.jobsBetweenCrashes != nil { crash("the last one") }
        // What waits for a person is decided, until nothing is left.
        repeat { await rest(within: Self.patience) } while await decide()
        await stripe.settle()
        await inspect()
        state.withLock { $0.isFinished = true }
        state.withLock { $0.life }?.alarm.silence()
    }

    /// Waits until nothing goes on by itself any more.
    private func rest(within patience: Duration) async {
        let deadline = scheduler.now + patience
        var wait = Duration.seconds(10)
        while !isAtRest() {
            guard scheduler.now < deadline else {
                return violated("not everything has ended after \(patience): \(whatIsOpen())")
            }
            await pause(wait)
            wait = min(.hours(1), wait * 2)
        }
    }

    /// Starts the daemon, and starts it again whenever it has ended.
    private func keepRunning() async {
        while !state.withLock({ $0.isFinished }) {
            let (number, folder) = state.withLock { state in
                state.lives += 1
                state.passings = [:]
                state.isStopping = false
                state.hasDiskFailed = false
                let folder = state.nextFolder ?? "\(self.folder)/life-1"
                state.nextFolder = nil
                return (state.lives, folder)
            }
            do {
                let offset = number == 1 || isHealed ? Duration.zero : step(swarm.clockStep)
                let life = try Life(self, number: number, folder: folder, offset: offset)
                trace("start \(number)")
                witness.started(try life.store.liveBatches())
                state.withLock { $0.life = life }
                let run = Task(executorPreference: pool) { try await life.run() }
                state.withLock { $0.kill = { run.cancel() } }
                let ending = await run.result
                ended(life, ending)
            } catch {
                violated("the daemon does not start: \(error)")
                return
            }
            await pause(
                isHealed ? .seconds(1) : .milliseconds(draw(1...Int(swarm.longestDowntime.milliseconds))))
        }
    }

    private func ended(_ life: Life, _ ending: Result<Void, any Error>) {
        let (wasExpected, isStopping, hasDiskFailed) = state.withLock { state in
            state.kill = nil
            if state.life === life { state.life = nil }
            return (life.isOver, state.isStopping || state.isFinished, state.hasDiskFailed)
        }
        guard !wasExpected else { return }
        if hasDiskFailed {
            trace("the disk ended it: \(ending)")
        } else if case .failure(let error) = ending {
            violated("the daemon ended: \(error)")
        } else if !isStopping {
            violated("the daemon ended by itself")
        }
        state.withLock { $0.nextFolder = life.folder }
        do { try life.end() } catch { violated("the database does not close: \(error)") }
    }
}

extension World {
    var isHealed: Bool { state.withLock { $0.isHealed } }

    /// True while nothing reaches Stripe.
    var isOffline: Bool {
        let elapsed = scheduler.now - scheduler.start
        return !isHealed && swarm.outages.contains { $0.contains(elapsed) }
    }

    func draw(_ range: ClosedRange<Int>) -> Int { dice.int(range) }

    private func step(_ longest: Duration) -> Duration {
        longest == .zero ? .zero : .milliseconds(draw(Int(-longest.milliseconds)...Int(longest.milliseconds)))
    }

    /// Sleeps; a cancelled sleeper goes on at once.
    func pause(_ duration: Duration) async { try? await scheduler.sleep(for: duration) }

    /// Runs beside everything else, whatever becomes of the caller.
    func inBackground(_ body: @escaping @Sendable () async -> Void) {
        Task(executorPreference: pool) { await body() }
    }

    /// Counts a fault that struck.
    func count(_ fault: String) { state.withLock { $0.report.faults[fault, default: 0] += 1 } }

    /// A promise was broken.
    func violated(_ what: String) {
        trace("VIOLATED: \(what)")
        let count = state.withLock { state in
            state.report.violations.append(what)
            return state.report.violations.count
        }
        if count >= 20 { isBroken.raise() }
    }

    /// Adds a line to the history.
    func trace(_ line: String) {
        let line = line.replacing(folder, with: "…")
        scheduler.note(line)
        guard let onLine = script.onLine else { return }
        let elapsed = scheduler.now - scheduler.start
        let (days, rest) = elapsed.milliseconds.quotientAndRemainder(dividingBy: 86_400_000)
        let time = String(
            format: "%3dd %02d:%02d:%06.3f", days, rest / 3_600_000, rest / 60_000 % 60,
            Double(rest % 60_000) / 1000)
        onLine("\(time) [\(state.withLock { $0.lives })] \(line)")
    }

    /// The daemon wrote a line to its log.
    func wrote(_ line: String) {
        trace(line)
        witness.read(line, at: scheduler.now)
        if line.contains(Self.key) || line.contains("Signature=") {
            violated("a secret is in the log: \(line)")
        }
    }

    /// The daemon passed a fault point.
    func reached(_ point: FaultPoint) {
        let (passing, life) = state.withLock { state in
            state.passings[point, default: 0] += 1
            state.report.points[point, default: 0] += 1
            return (state.passings[point] ?? 0, state.lives)
        }
        if script.crashesAt(point, passing, life) { return crash(point.rawValue) }
        if !isHealed, swarm.crashAtPoint > 0, dice.chance(swarm.crashAtPoint) { crash(point.rawValue) }
    }

    private func drawNextCrash() {
        guard let mean = swarm.jobsBetweenCrashes else { return }
        let next = mean * dice.logarithmic(0.1...3)
        state.withLock { $0.crashIn = next }
    }

    /// After each job: it may have been the last one of this life.
    private func tick() {
        let isDue: Bool = state.withLock { state in
            guard !state.isHealed, state.life != nil, let left = state.crashIn else { return false }
            state.crashIn = left - 1
            return left <= 1
        }
        guard isDue else { return }
        drawNextCrash()
        if dice.chance(swarm.stopsPolitely) { stop() } else { crash("between two jobs") }
    }

    /// A polite stop, as SIGTERM asks for it; after 30 seconds it is an end like any other.
    private func stop() {
        guard
            let life = state.withLock({ state in
                state.isStopping = true
                return state.life
            })
        else { return }
        trace("stop")
        count("polite stop")
        life.alarm.silence()
        scheduler.at(scheduler.now + .seconds(30)) { [self] in
            if state.withLock({ $0.life === life }) { crash("stopped for too long") }
        }
    }

    /// The power is cut: what is on the disk now is all that the next life will find.
    func crash(_ why: String) {
        guard let life = state.withLock({ $0.life }), !life.isOver else { return }
        trace("crash: \(why)")
        count("crash")
        do {
            let next = "\(folder)/life-\(life.number + 1)"
            try salvage(life.folder, to: next, from: disk, forgetting: swarm.forgetsUnsynced ? dice : nil)
            try life.end()
            let kill = state.withLock { state in
                state.nextFolder = next
                state.life = nil
                return state.kill
            }
            kill?()
        } catch {
            violated("the world cannot crash: \(error)")
        }
    }
}
