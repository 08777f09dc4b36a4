import Foundation
import Synchronization
import Testing

@testable import StripeSimulator

/// What a stop meets.
@Suite struct StoppingTests {
    /// Each round is a chance for a connection to arrive in the moment of the stop. A server that had set it up by then
    /// would end this process.
    @Test func callersThatArriveInTheMomentOfAStopHarmNothing() async throws {
        for _ in 0..<40 {
            var configuration = SimulatorServer.Configuration()
            configuration.port = 0
            let (ports, listening) = AsyncStream.makeStream(of: Int.self)
            let server = SimulatorServer(configuration) { listening.yield($0.port) }
            await withTaskGroup(of: Void.self) { group in
                // Serving ends by cancellation here, which is no failure of the test.
                group.addTask { try? await server.run() }
                guard let port = await ports.first(where: { _ in true }) else { return }
                let crowd = Crowd(of: 2, at: port)
                await crowd.first()
                group.cancelAll()
                await group.waitForAll()
                crowd.leave()
            }
        }
    }
}

/// Threads that connect and hang up, again and again.
private final class Crowd: Sendable {
    private let isOver = Atomic(false)
    private let arrivals: AsyncStream<Void>

    init(of count: Int, at port: Int) {
        let (arrivals, arrival) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
        self.arrivals = arrivals
        for _ in 0..<count {
            Thread.detachNewThread { [self] in
                while !isOver.load(ordering: .relaxed) {
                    Self.call(port)
                    arrival.yield()
                }
            }
        }
    }

    /// Returns once somebody has called.
    func first() async { _ = await arrivals.first { _ in true } }

    func leave() { isOver.store(true, ordering: .relaxed) }

    private static func call(_ port: Int) {
        let socket = Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(socket) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(port).bigEndian
        address.sin_addr.s_addr = inet_addr("127.0.0.1")
        withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                _ = connect(socket, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
    }
}
