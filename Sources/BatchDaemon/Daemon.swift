import BatchCore
import BatchStore
package import ControlAPI
package import Env
import Foundation
import Glibc
import Hummingbird
package import Logging
import Orchestration
import ServiceLifecycle
import Spool
import StripeBatch
import UnixSignals

/// The daemon: its parts, put together, from the lock to the last good-bye.
package struct Daemon: Sendable {
    private let configuration: Configuration
    private let environment: [String: String]
    private let clock: Clock
    private let logger: Logger
    private let registry = PrometheusRegistry()

    /// Calls in flight get this long at a stop; what is cut then is found out at the next start.
    private static let farewell = Duration.seconds(30)

    /// A daemon that has done nothing yet.
    package init(
        _ configuration: Configuration, environment: [String: String], clock: Clock = .system, logger: Logger
    ) {
        self.configuration = configuration
        self.environment = environment
        self.clock = clock
        self.logger = logger
    }

    /// Runs until SIGTERM or SIGINT, or until something fails that only a restart can mend.
    ///
    /// - Throws: `StateLockError` when another daemon owns the state directory; what the disk, the
    ///   database or the socket refuse.
    package func run() async throws {
        try await owningState { transport in
            try await serve(try open(transport), transport)
        }
        logger.notice("stopped")
    }

    /// Looks at every job that may be running, as a start does first, and ends. Nothing is sent, nothing is
    /// downloaded, no socket is served, and nothing is recorded but what the looks showed.
    ///
    /// - Throws: as `run()`.
    package func recoverOnly() async throws -> [RecoveryDecision] {
        try await owningState { transport in
            let parts = try open(transport)
            try await parts.orchestrator.recover(resumingHeld: false)
            let placements = try await Reconciler(
                orchestrator: parts.orchestrator, spool: parts.spool, archive: parts.archive
            ).run()
            try parts.store.close()
            return placements.map { RecoveryDecision($0, limits: Limits()) }
        }
    }

    /// Runs `body` while the state directory is ours.
    private func owningState<Value: Sendable>(
        _ body: (HTTPTransport) async throws -> Value
    ) async throws -> Value {
        umask(0o077)
        // A reader that went away is an error of that one write.
        signal(SIGPIPE, SIG_IGN)
        let state = configuration.storage.stateDirectory
        let lock = try StateLock(directory: state, pid: getpid(), now: clock.now())
        // SQLite's own temporary files belong to us as well.
        setenv("SQLITE_TMPDIR", state, 1)
        let transport = HTTPTransport()
        let value: Value
        do {
            value = try await body(transport)
        } catch {
            try await transport.shutdown()
            throw error
        }
        try await transport.shutdown()
        withExtendedLifetime(lock) {}
        return value
    }

    /// What both ways to run are made of.
    private struct Parts {
        let store: Store
        let spool: Spool
        let archive: Archive
        let orchestrator: Orchestrator
    }

    private func open(_ transport: HTTPTransport) throws -> Parts {
        let storage = configuration.storage
        let store = try Store(
            path: storage.stateDirectory + "/batchd.db", forgetful: Forgetting.wanted == .database)
        let faults = Faults.environment()
        return Parts(
            store: store, spool: try Spool(folder: storage.stateDirectory + "/spool", faults: faults),
            archive: try Archive(root: storage.archiveDirectory, faults: faults),
            orchestrator: Orchestrator(
                store: store, settings: Settings(configuration, transport), clock: clock, entropy: .system,
                faults: faults,
                log: logger, meters: Meters(registry), thread: StoreThread(name: "store")))
    }

    private func serve(_ parts: Parts, _ transport: HTTPTransport) async throws {
        let (store, orchestrator, archive) = (parts.store, parts.orchestrator, parts.archive)
        // First of all: before this a SIGHUP would end us.
        let hangUps = await UnixSignalsSequence(trapping: .sighup)
        let daemon = DaemonState(pid: getpid(), startedAt: clock.now())
        let manager = ServiceManager(environment: environment)
        let inForce = LiveConfiguration(configuration)
        try await orchestrator.recover()
        let alarm = Alarm()
        let pulse = Pulse { manager.alive() }
        let conductor = Conductor(
            orchestrator: orchestrator, spool: parts.spool, archive: archive, alarm: alarm,
            disk: StoreThread(name: "disk"), pulse: pulse)
        let facts = Facts(
            store: store, inForce: inForce, clock: clock, daemon: daemon,
            limits: Limits(), disk: orchestrator.disk,
            webhooks: configuration.webhook == nil ? nil : WebhookHealth())
        let workers = Workers()
        let inherited = try InheritedSockets.named("control", environment: environment)
        let control = ControlServer(
            configuration.control, inherited: inherited,
            router: router(facts, orchestrator, alarm, archive, workers), logger: logger
        ) { [logger, configuration] in
            daemon.become(.running)
            let socket = inherited == nil ? configuration.control.socket : "systemd's"
            logger.notice("ready", metadata: ["socket": "\(socket)"])
            manager.ready(status: "Ready.")
        }
        let presence = Presence(
            manager: manager, facts: facts, alarm: alarm, pulse: pulse, workers: workers, logger: logger)
        let reloader = Reloader(
            inForce: inForce, orchestrator: orchestrator, alarm: alarm, transport: transport,
            manager: manager,
            environment: environment, hangUps: hangUps, logger: logger)
        // The last one is told of a stop first, so that the socket answers until the work has ended.
        var services: [any Service] = [control, conductor, presence, reloader]
        services += listeners(facts, orchestrator, alarm)
        if let root = configuration.inbox {
            services.append(
                Inbox(
                    root: root, facts: facts, orchestrator: orchestrator, alarm: alarm, workers: workers,
                    logger: logger))
        }
        services.append(Farewell(daemon: daemon, manager: manager, logger: logger))
        var group = ServiceGroupConfiguration(
            services: services, gracefulShutdownSignals: [.sigterm, .sigint], logger: logger)
        group.maximumGracefulShutdownDuration = Self.farewell
        do {
            try await ServiceGroup(configuration: group).run()
        } catch is CancellationError where daemon.phase == .stopping {
            logger.warning("calls in flight were cut: the next start finds out what became of them")
        }
        try store.close()
    }

    /// What listens on TCP, when it is configured.
    private func listeners(
        _ facts: Facts, _ orchestrator: Orchestrator, _ alarm: Alarm
    ) -> [any Service] {
        var services: [any Service] = []
        if let address = configuration.metrics {
            let router = ControlRouter(
                workers: Workers(), doorkeeper: Doorkeeper(adminGroup: nil), logger: logger)
            MetricsPage(facts: facts, registry: registry).add(to: router)
            services.append(
                ListenerService(
                    key: "metrics.listen", address: address, responder: router.router.buildResponder(),
                    logger: logger))
        }
        if let webhook = configuration.webhook, let health = facts.webhooks {
            let listener = WebhookListener(
                inForce: facts.inForce, orchestrator: orchestrator, alarm: alarm, health: health,
                logger: logger)
            services.append(listener)
            services.append(
                ListenerService(
                    key: "webhook.listen", address: webhook.listen,
                    responder: listener.router.buildResponder(),
                    logger: logger))
        }
        return services
    }

    private func router(
        _ facts: Facts, _ orchestrator: Orchestrator, _ alarm: Alarm, _ archive: Archive, _ workers: Workers
    ) -> ControlRouter {
        let router = ControlRouter(
            workers: workers, doorkeeper: Doorkeeper(adminGroup: configuration.control.adminGroup),
            logger: logger)
        StatusRoutes(facts: facts).add(to: router)
        MetricsPage(facts: facts, registry: registry).add(to: router)
        WorkloadRoutes(facts: facts).add(to: router)
        SubmitRoute(facts: facts, orchestrator: orchestrator, alarm: alarm, logger: logger).add(to: router)
        CancelRoute(facts: facts, orchestrator: orchestrator, alarm: alarm).add(to: router)
        PauseRoutes(facts: facts, orchestrator: orchestrator, alarm: alarm).add(to: router)
        DecisionRoutes(facts: facts, decision: Decision(orchestrator: orchestrator, alarm: alarm)).add(
            to: router)
        RowRoutes(facts: facts, workers: workers).add(to: router)
        BatchRoutes(facts: facts).add(to: router)
        JobRoutes(facts: facts).add(to: router)
        DeadlineRoutes(facts: facts).add(to: router)
        QueueRoutes(facts: facts).add(to: router)
        EventRoutes(facts: facts, workers: workers).add(to: router)
        ExplainRoutes(facts: facts, archive: archive).add(to: router)
        BackupRoute(facts: facts, workers: workers).add(to: router)
        let doctor = Doctor(
            config: configuration.files.first, environment: environment, clock: clock, store: facts.store)
        DoctorRoute(doctor: doctor).add(to: router)
        ArchiveRoutes(facts: facts, archive: archive, workers: workers).add(to: router)
        AuditRoutes(facts: facts, auditor: Auditor(store: facts.store, archive: archive)).add(to: router)
        OpenAPI().add(to: router)
        return router
    }
}

/// Says that the daemon stops, as soon as it is told to.
private struct Farewell: Service {
    let daemon: DaemonState
    let manager: ServiceManager
    let logger: Logger

    func run() async throws {
        try await gracefulShutdown()
        daemon.become(.stopping)
        logger.notice("stopping")
        manager.stopping(status: "Stopping: calls in flight are finished.")
    }
}
