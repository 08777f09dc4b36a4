import Foundation
import HTTPServing
import Hummingbird
import Logging
import NIOCore
import ServiceLifecycle

/// A local Stripe Batch Jobs API on one listener; runs until it is asked to stop.
package struct SimulatorServer: Service {
    /// How to run it.
    package struct Configuration: Sendable {
        /// Address to listen on.
        package var host = "127.0.0.1"
        /// Port to listen on; 0 takes a free one.
        package var port = 12111
        /// Where uploads and results are kept; nil takes a temporary folder and removes it after.
        package var directory: String?
        /// Simulated seconds for each second of the wall; 0 stands still until advanced.
        package var timeScale = 1.0
        /// Rows executed for each second of simulated time; nil is 100, or what the job asks for.
        package var rowsPerSecond: Double?
        /// Decides everything that is left to chance.
        ///
        /// Nil draws one.
        package var seed: UInt64?
        /// What goes wrong.
        package var scenario = Scenario()
        /// Accepts what the guide's prose allows and the published spec does not.
        package var isLenient = false
        /// Refuses API calls beyond Stripe's documented rates, in wall time.
        package var hasRateLimits = false
        /// Hears of all events; nil pushes only to destinations that callers make.
        package var webhook: Webhook?

        /// The defaults of `batchsim serve`.
        package init() {}
    }

    /// A server that answers requests.
    package struct Running: Sendable {
        /// The port it listens on.
        package let port: Int
        /// What decides everything left to chance.
        package let seed: UInt64
        fileprivate let simulator: Simulator

        /// How often each row was handled, and how often that took effect, over all jobs.
        ///
        /// - Throws: When the record can't be read back from disk.
        package func record() async throws -> [RowRecord] {
            try await simulator.rowRecords()
        }
    }

    private let configuration: Configuration
    private let onListening: @Sendable (Running) async -> Void

    /// - Parameter onListening: Called once requests are answered.
    package init(
        _ configuration: Configuration, onListening: @escaping @Sendable (Running) async -> Void
    ) {
        self.configuration = configuration
        self.onListening = onListening
    }

    /// Serves until graceful shutdown or cancellation.
    package func run() async throws {
        try await serve { try await $0.run() }
    }

    /// Serves until SIGTERM or SIGINT.
    package func runUntilSignalled() async throws {
        try await serve { try await $0.runService() }
    }

    private typealias App = Application<RouterResponder<SimulatorContext>>

    private func serve(_ run: (App) async throws -> Void) async throws {
        let temporary = FileManager.default.temporaryDirectory.path + "/batchsim-\(UUID().uuidString)"
        let directory = configuration.directory ?? temporary
        let seed = configuration.seed ?? UInt64.random(in: 0..<1_000_000_000)
        let simulator = try Simulator(
            options: .init(
                directory: directory, seed: seed, rowsPerSecond: configuration.rowsPerSecond,
                scenario: configuration.scenario, isLenient: configuration.isLenient,
                hasRateLimits: configuration.hasRateLimits, webhook: configuration.webhook),
            clock: .real(scale: configuration.timeScale))
        defer {
            if configuration.directory == nil {
                // `try?`: a temporary folder that stays behind harms nobody.
                try? FileManager.default.removeItem(atPath: temporary)
            }
        }
        let application = Application(
            router: router(for: simulator), server: .http1Droppable(),
            configuration: .init(address: .hostname(configuration.host, port: configuration.port)),
            services: [Heartbeat(simulator: simulator), Courier(simulator: simulator)],
            onServerRunning: { channel in
                let port = channel.localAddress?.port ?? configuration.port
                await onListening(Running(port: port, seed: seed, simulator: simulator))
            },
            logger: Logger(label: "batchsim", factory: { _ in SwiftLogNoOpLogHandler() }))
        do {
            try await run(application)
        } catch let error as IOError {
            throw ListenFault(address: "\(configuration.host):\(configuration.port)", code: error.errnoCode)
        }
    }
}

/// Everything that is answered.
func router(for simulator: Simulator) -> Router<SimulatorContext> {
    let router = Router(context: SimulatorContext.self)
    router.middlewares.add(FaultMiddleware(simulator: simulator))
    BatchJobRoutes(simulator: simulator).add(to: router)
    EventRoutes(simulator: simulator).add(to: router)
    FileRoutes(simulator: simulator).add(to: router)
    ControlRoutes(simulator: simulator).add(to: router)
    return router
}

/// The address can't be listened on.
package struct ListenFault: Error, CustomStringConvertible {
    let address: String
    let code: Int32

    /// The reason and the way out, for people.
    package var description: String {
        let hint =
            code == EADDRINUSE ? " Is another batchsim running? --listen 127.0.0.1:0 takes a free port." : ""
        return "can't listen on \(address): \(String(cString: strerror(code))).\(hint)"
    }
}

/// Makes time pass: works off what is due, some rows at a turn.
private struct Heartbeat: Service {
    let simulator: Simulator

    func run() async throws {
        while !Task.isCancelled, !Task.isShuttingDownGracefully {
            if await simulator.pulse() {
                await Task.yield()
            } else {
                // `try?`: a cut sleep means the end, which the condition above sees.
                try? await Task.sleep(for: .milliseconds(5))
            }
        }
    }
}
