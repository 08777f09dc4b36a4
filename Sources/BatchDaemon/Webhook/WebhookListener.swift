import BatchCore
import Env
import HTTPTypes
import Hummingbird
import Logging
import NIOCore
import Orchestration
import ServiceLifecycle
import Synchronization

/// Takes Stripe's events. Each is a hint that a job is worth a look, and nothing else: what happened to the job is asked
/// of Stripe, so an event that is lost, late, twice or false changes when we look, and never what we do.
struct WebhookListener: Service {
    private let inForce: LiveConfiguration
    private let orchestrator: Orchestrator
    private let alarm: Alarm
    private let health: WebhookHealth
    private let logger: Logger
    private let known = Known()
    private let hints: AsyncStream<Hint>
    private let hint: AsyncStream<Hint>.Continuation

    /// Where Stripe posts.
    static let path = "/webhook"
    /// Thin events have half a kilobyte.
    private static let mostBytes = 64 << 10
    /// Hints that wait; the oldest is dropped, which costs a later look and nothing else.
    private static let mostHints = 1024

    private struct Hint {
        let job: JobID
        /// True when there is something to see.
        let isNews: Bool
    }

    private final class Known: Sendable {
        private let memory = Mutex(EventMemory())
        func isNew(_ id: String) -> Bool { memory.withLock { $0.insert(id) } }
    }

    init(
        inForce: LiveConfiguration, orchestrator: Orchestrator, alarm: Alarm, health: WebhookHealth,
        logger: Logger
    ) {
        self.inForce = inForce
        self.orchestrator = orchestrator
        self.alarm = alarm
        self.health = health
        self.logger = logger
        (hints, hint) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(Self.mostHints))
    }

    /// Passes hints on, until graceful shutdown. They were acknowledged before.
    func run() async throws {
        for await hint in hints.cancelOnGracefulShutdown() {
            if await orchestrator.hear(of: hint.job, isNews: hint.isNews) { alarm.ring() }
        }
    }

    /// The one path.
    var router: Router<ControlContext> {
        let router = Router(context: ControlContext.self)
        router.post(RouterPath(Self.path)) { [self] request, _ in Response(status: await take(request)) }
        return router
    }

    private func take(_ request: Request) async -> HTTPResponse.Status {
        let body: [UInt8]
        do {
            body = Array(buffer: try await request.body.collect(upTo: Self.mostBytes))
        } catch {
            // Too much, or cut short: either way there is nothing to check.
            note(.tooLarge)
            return .contentTooLarge
        }
        // What signs an event stamps it by the wall clock.
        let verdict = WebhookSignature.check(
            request.headers[Self.signature], body: body, secrets: inForce.current.webhook?.secrets ?? [],
            now: Clock.system.now())
        switch verdict {
        case .good: break
        case .outdated:
            note(.outdated)
            return .badRequest
        case .malformed, .wrong:
            note(.badSignature)
            return .badRequest
        }
        guard let event = WebhookEvent(parsing: body) else {
            note(.notAnEvent)
            return .badRequest
        }
        guard known.isNew(event.id) else {
            note(.duplicate)
            return .ok
        }
        note(.accepted)
        if let job = event.subject { hint.yield(Hint(job: JobID(job), isNews: event.job != nil)) }
        return .ok
    }

    private func note(_ result: WebhookHealth.Result) {
        guard let before = health.note(result, at: orchestrator.now) else { return }
        logger.warning(
            "an event was refused: \(result.story)", metadata: ["before": "\(before)"])
    }

    private static let signature = HTTPField.Name("Stripe-Signature")!
}

extension WebhookHealth.Result {
    /// Why, for people.
    fileprivate var story: String {
        switch self {
        case .accepted: "accepted"
        case .duplicate: "it came before"
        case .badSignature:
            "no secret of webhook.secret_file made its signature; is it that of this event destination?"
        case .outdated:
            "its signature is more than five minutes from our clock: sent again by somebody, or a clock is wrong"
        case .notAnEvent: "it is rightly signed, but no event"
        case .tooLarge: "it is larger than any event, or was cut short"
        }
    }
}
