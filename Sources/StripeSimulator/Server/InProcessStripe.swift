package import Foundation
import HTTPTypes
import Hummingbird
import Logging
import NIOCore
import Synchronization

/// The same Stripe without a socket, for simulations: it lives in the caller's process and time.
///
/// It has no thread and no heartbeat of its own. What time makes due is worked off when somebody calls.
package struct InProcessStripe: Sendable {
    private let simulator: Simulator
    private let responder: RouterResponder<SimulatorContext>

    /// Makes a Stripe that keeps its files in `directory`.
    ///
    /// - Parameters:
    ///   - start: what its clock shows at first.
    ///   - elapsed: the time that has passed since some fixed moment.
    /// - Throws: when the directory can't be written, or the scenario has a quirk that is not known.
    package init(
        directory: String, seed: UInt64, rowsPerSecond: Double, hasRateLimits: Bool = false,
        scenario: Scenario, start: Date, elapsed: @escaping @Sendable () -> Duration
    ) throws {
        let start = SimulatedTime(milliseconds: Int64((start.timeIntervalSince1970 * 1000).rounded()))
        simulator = try Simulator(
            options: .init(
                directory: directory, seed: seed, rowsPerSecond: rowsPerSecond, scenario: scenario,
                hasRateLimits: hasRateLimits),
            clock: SimulatedClock(start: start, scale: 1, wall: elapsed))
        responder = router(for: simulator).buildResponder()
    }

    /// One request's body on its way: pieces, and what happens before each of them.
    package struct Body: Sendable {
        /// What is sent, in pieces.
        package var pieces: [[UInt8]]
        /// Called with the number of each piece before it arrives; it throws to cut the connection there.
        package var before: @Sendable (Int) async throws -> Void

        /// A body of these pieces.
        package init(_ pieces: [[UInt8]], before: @escaping @Sendable (Int) async throws -> Void = { _ in }) {
            self.pieces = pieces
            self.before = before
        }
    }

    /// What came back.
    package struct Answer: Sendable {
        /// The HTTP status.
        package var status: Int
        /// The headers, with `Content-Length` where it is known.
        package var headers: [(name: String, value: String)]
        /// The body, as far as it came.
        package var body: [UInt8]
        /// The connection was closed instead of an answer, or in the middle of it.
        package var wasCut: Bool

        /// An answer, made of its parts.
        package init(status: Int, headers: [(name: String, value: String)], body: [UInt8], wasCut: Bool) {
            self.status = status
            self.headers = headers
            self.body = body
            self.wasCut = wasCut
        }
    }

    /// Answers one request.
    ///
    /// - Parameter path: path and query.
    package func respond(
        method: String, path: String, headers: [(name: String, value: String)], body: Body
    ) async -> Answer {
        await simulator.settle()
        let wasHungUp = Flag()
        let received = Received()
        var fields = HTTPFields()
        for (name, value) in headers {
            if let name = HTTPField.Name(name) { fields[name] = value }
        }
        let head = HTTPRequest(
            method: .init(method) ?? .get, scheme: "http", authority: "stripe.test", path: path,
            headerFields: fields)
        let request = Request(head: head, body: RequestBody(asyncSequence: Pieces(body: body)))
        let context = SimulatorContext(source: Nobody()) { wasHungUp.raise() }
        var answer = Answer(status: 500, headers: [], body: [], wasCut: false)
        do {
            let response = try await responder.respond(to: request, context: context)
            answer.status = response.status.code
            answer.headers = response.headers.map { ($0.name.rawName, $0.value) }
            if let length = response.body.contentLength {
                answer.headers.append((name: "Content-Length", value: String(length)))
            }
            try await response.body.write(received)
        } catch {
            // A server that fails in the middle closes the connection.
            answer.wasCut = true
        }
        answer.body = received.bytes
        if wasHungUp.isRaised {
            answer.wasCut = true
            answer.body = []
        }
        await simulator.settle()
        return answer
    }

    /// Works off what is due by now.
    package func settle() async { await simulator.settle() }

    /// Adds faults and quirks.
    package func add(_ scenario: Scenario) async throws { try await simulator.add(scenario) }

    /// From now on nothing goes wrong.
    package func heal() async { await simulator.clearFaults() }

    /// One row's passage through one job, in the order in which they happened.
    package struct Attempt: Sendable {
        /// The job that carried the row.
        package let job: String
        /// The row's id.
        package let row: String
        /// The object it was about, such as `POST /v1/customers/cus_1`.
        package let object: String
        /// The HTTP status it was given.
        package let status: Int
        /// The world has changed.
        package let tookEffect: Bool
    }

    /// Everything that was done to rows.
    package func attempts() async throws -> [Attempt] { try await simulator.allAttempts() }

    /// One job, as only Stripe itself knows it.
    package struct JobFacts: Sendable {
        /// Its id.
        package let id: String
        /// Its status on the wire.
        package let status: String
        /// Its file arrived.
        package let wasUploaded: Bool
        /// The result file, while Stripe keeps it.
        package let resultsPath: String
    }

    /// Every job, oldest first.
    package func jobs() async -> [JobFacts] { await simulator.allJobs() }
}

extension Simulator {
    fileprivate func allAttempts() throws -> [InProcessStripe.Attempt] {
        var attempts: [InProcessStripe.Attempt] = []
        try ledger.forEachAttempt {
            attempts.append(
                .init(
                    job: $0.job, row: $0.row, object: $0.object, status: $0.status, tookEffect: $0.tookEffect)
            )
        }
        return attempts
    }

    fileprivate func allJobs() -> [InProcessStripe.JobFacts] {
        order.compactMap { jobs[$0] }.map {
            .init(
                id: $0.id, status: $0.phase.status, wasUploaded: $0.uploadedAt != nil,
                resultsPath: resultPath($0.id))
        }
    }
}

/// Where a request without a connection comes from.
private struct Nobody: RequestContextSource {
    let logger = Logger(label: "stripe", factory: { _ in SwiftLogNoOpLogHandler() })
}

private final class Flag: Sendable {
    private let value = Mutex(false)
    var isRaised: Bool { value.withLock { $0 } }
    func raise() { value.withLock { $0 = true } }
}

private struct Pieces: AsyncSequence, Sendable {
    typealias Element = ByteBuffer
    let body: InProcessStripe.Body

    func makeAsyncIterator() -> Iterator { Iterator(body: body) }

    struct Iterator: AsyncIteratorProtocol {
        let body: InProcessStripe.Body
        private var next = 0

        init(body: InProcessStripe.Body) {
            self.body = body
        }

        mutating func next() async throws -> ByteBuffer? {
            guard next < body.pieces.count else { return nil }
            try await body.before(next)
            next += 1
            return ByteBuffer(bytes: body.pieces[next - 1])
        }
    }
}

private final class Received: ResponseBodyWriter, Sendable {
    private let content = Mutex<[UInt8]>([])
    var bytes: [UInt8] { content.withLock { $0 } }
    func write(_ buffer: ByteBuffer) async throws {
        content.withLock { $0.append(contentsOf: buffer.readableBytesView) }
    }
    func finish(_ trailingHeaders: HTTPFields?) async throws {}
}
