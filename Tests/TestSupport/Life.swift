import BatchCore
import BatchStore
import Env
import Logging
import Orchestration
import Spool
import StripeBatch
import Synchronization

/// The daemon between a start and its end, put together as `BatchDaemon` does it, without the socket.
final class Life: Sendable {
    /// Its place among the lives of this world, from 1.
    let number: Int
    /// Where its state and its archive are.
    let folder: String
    let store: Store
    let archive: Archive
    let orchestrator: Orchestrator
    let alarm = Alarm()
    private let conductor: Conductor
    private let over: Flag

    /// A daemon over what stands in `folder`; its clock is `offset` ahead of the world's.
    init(_ world: World, number: Int, folder: String, offset: Duration) throws {
        self.number = number
        self.folder = folder
        let over = Flag()
        self.over = over
        let scheduler = world.scheduler
        let clock = Clock(
            now: { scheduler.now + offset }, sleep: { try await scheduler.sleep(until: $0 - offset) })
        let faults = Faults { point in if !over.isRaised { world.reached(point) } }
        try FileSystem.makeFolders("\(folder)/state")
        store = try Store(path: "\(folder)/state/batchd.db")
        let spool = try Spool(folder: "\(folder)/state/spool", faults: faults)
        archive = try Archive(root: "\(folder)/archive", faults: faults)
        let log = Logger(label: "batchd") { _ in Diary { if !over.isRaised { world.wrote($0) } } }
        let name = world.errands.first?.queue.account.name ?? "main"
        let account = StripeAccount(
            name: name, baseURL: "http://stripe.test",
            apiVersion: world.errands.first?.queue.account.apiVersion ?? "2026-09-30.preview",
            key: APIKey(World.key))
        let client = StripeClient(account: account, transport: Wire(world: world, over: over))
        let queues = Dictionary(
            world.errands.map { ($0.queue.name, $0.queue) }, uniquingKeysWith: { a, _ in a })
        // In some worlds every result file is too large to be sorted in memory.
        var limits = Limits()
        limits.resultsAtOnce = [1, 7, 100_000][Int(world.seed % 3)]
        orchestrator = Orchestrator(
            store: store,
            settings: Settings(
                queues: Array(queues.values), clients: [name: client], minFree: 1, limits: limits),
            clock: clock, entropy: .seeded(UInt64(number) &* 7919 ^ world.seed), faults: faults, log: log,
            thread: Strand(scheduler))
        conductor = Conductor(
            orchestrator: orchestrator, spool: spool, archive: archive, alarm: alarm, disk: world.pool)
    }

    /// True when the process is gone: whatever of it still runs can reach nothing.
    var isOver: Bool { over.isRaised }

    /// Recovers, and works until it is stopped, killed, or fails.
    func run() async throws {
        try await orchestrator.recover()
        try await conductor.run()
    }

    /// The process is gone: from now on it sends nothing, hears nothing and records nothing.
    func end() throws {
        over.raise()
        try store.close()
    }
}

/// Something that was true once stays true.
final class Flag: Sendable {
    private let value = Mutex(false)
    var isRaised: Bool { value.withLock { $0 } }
    func raise() { value.withLock { $0 = true } }
}

/// Hands each log line to whoever keeps the history.
private struct Diary: LogHandler {
    var metadata: Logger.Metadata = [:]
    var metadataProvider: Logger.MetadataProvider?
    var logLevel = Logger.Level.info
    let write: @Sendable (String) -> Void

    init(_ write: @escaping @Sendable (String) -> Void) {
        self.write = write
    }

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        let values = (event.metadata ?? [:]).sorted { $0.key < $1.key }.map { " \($0.key)=\($0.value)" }
        write("\(event.level) \(event.message)\(values.joined())")
    }
}
