import Foundation

/// The whole state of the local Stripe: its clock, its jobs, its world, and what goes wrong.
///
/// One actor, so that a request sees a consistent moment. Rows are worked off in small turns by
/// `pulse`, and between two turns requests are answered.
actor Simulator {
    let options: Options
    var clock: SimulatedClock
    var random: SeededRandom
    var jobs: [String: Job] = [:]
    /// Job ids in the order of creation.
    var order: [String] = []
    /// Jobs that can still change.
    var live: [String] = []
    /// Jobs with a result file, in the order in which they ended.
    var published: [String] = []
    var jobsByToken: [String: String] = [:]
    var work: [String: JobWork] = [:]
    var idempotency = IdempotencyLedger()
    var world: World
    var rowRules: RowRules
    var wireFaults: Strikes<WireFault>
    var jobFaults: Strikes<JobFault>
    var events: Events
    var quirks: Quirks
    var limits: Limits
    var rateLimits = RateLimits()
    var ledger: Ledger
    var requests: [String: [String: Int]] = [:]
    /// Whose turn it is among the live jobs.
    var cursor = 0
    let links: PresignedLinks

    /// What a simulator is made from.
    struct Options: Sendable {
        var directory: String
        var seed: UInt64
        /// Nil: 100 rows a second, or what the job's `maximum_rps` says.
        var rowsPerSecond: Double?
        var scenario: Scenario
        /// Follows the guide's prose where it allows more than the published spec.
        var isLenient = false
        /// Refuses calls that come too fast.
        var hasRateLimits = false
        /// Hears of all events.
        var webhook: Webhook?
        /// The quirks before any scenario.
        var baseQuirks: Quirks { isLenient ? .lenient : Quirks() }
        /// Rows validated a second of simulated time, in multiples of the execution rate.
        var validationFactor = 20.0
    }

    init(options: Options, clock: SimulatedClock) throws {
        self.options = options
        self.clock = clock
        random = SeededRandom(seed: options.seed)
        links = PresignedLinks(seed: options.seed)
        rowRules = Self.rowRules(options, options.scenario.rows)
        wireFaults = Strikes<WireFault>(seed: options.seed, faults: options.scenario.wire)
        jobFaults = Strikes<JobFault>(seed: options.seed, faults: options.scenario.jobs)
        events = Self.events(options, now: clock.now)
        limits = options.scenario.limits
        quirks = try options.baseQuirks.overlaid(with: options.scenario.quirks)
        do {
            try FileManager.default.createDirectory(
                atPath: options.directory, withIntermediateDirectories: true,
                attributes: [.posixPermissions: 0o700])
        } catch let error as CocoaError {
            let code = (error.underlying as? POSIXError)?.code ?? .EIO
            throw FileFault(path: options.directory, code: code.rawValue)
        }
        ledger = try Ledger(path: options.directory + "/ledger.tsv")
        world = try World(seed: options.seed, path: options.directory + "/world.jsonl")
    }

    /// Forgets every job, row and fault, and starts the scenario again.
    ///
    /// The clock goes on.
    func reset() throws {
        for id in order { removeFiles(of: id) }
        jobs = [:]
        order = []
        live = []
        published = []
        jobsByToken = [:]
        work = [:]
        idempotency = IdempotencyLedger()
        rowRules = Self.rowRules(options, options.scenario.rows)
        wireFaults = Strikes<WireFault>(seed: options.seed, faults: options.scenario.wire)
        jobFaults = Strikes<JobFault>(seed: options.seed, faults: options.scenario.jobs)
        events = Self.events(options, now: clock.now)
        limits = options.scenario.limits
        quirks = try options.baseQuirks.overlaid(with: options.scenario.quirks)
        ledger = try Ledger(path: options.directory + "/ledger.tsv")
        world = try World(seed: options.seed, path: options.directory + "/world.jsonl")
        requests = [:]
        rateLimits = RateLimits()
    }

    static func rowRules(_ options: Options, _ rules: [RowRule]) -> RowRules {
        RowRules(seed: options.seed, rules: rules, path: options.directory + "/row-rules")
    }

    private static func events(_ options: Options, now: SimulatedTime) -> Events {
        Events(seed: options.seed, faults: options.scenario.events, webhook: options.webhook, now: now)
    }

    func inputPath(_ id: String) -> String { options.directory + "/\(id).input.jsonl" }
    func resultPath(_ id: String) -> String { options.directory + "/\(id).results.jsonl" }

    private func removeFiles(of id: String) {
        unlink(inputPath(id))
        unlink(resultPath(id))
    }
}
