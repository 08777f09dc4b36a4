import AsyncHTTPClient
import NIOCore
import NIOHTTP1
import ServiceLifecycle

/// Pushes events to their destinations, one attempt at a time for each.
struct Courier: Service {
    let simulator: Simulator

    /// Ours, in wall time: how long Stripe waits for an answer is not documented.
    static let patience = TimeAmount.seconds(10)

    func run() async throws {
        var configuration = HTTPClient.Configuration()
        // A redirect is a failed delivery, and could lead away from this machine.
        configuration.redirectConfiguration = .disallow
        let client = HTTPClient(configuration: configuration)
        await withDiscardingTaskGroup { group in
            while !Task.isCancelled, !Task.isShuttingDownGracefully {
                if let parcel = await simulator.nextParcel() {
                    group.addTask {
                        await simulator.finish(parcel, status: await Self.send(parcel, client))
                    }
                } else {
                    // `try?`: a cut sleep means the end, which the condition above sees.
                    try? await Task.sleep(for: .milliseconds(10))
                }
            }
            group.cancelAll()
        }
        try await client.shutdown()
    }

    /// Posts one attempt, and returns the status of the answer; nil when there was none.
    private static func send(_ parcel: Parcel, _ client: HTTPClient) async -> Int? {
        var request = HTTPClientRequest(url: parcel.url)
        request.method = .POST
        request.headers.add(name: "Content-Type", value: "application/json; charset=utf-8")
        request.headers.add(name: "User-Agent", value: "Stripe/1.0 (+https://stripe.com/docs/webhooks)")
        request.headers.add(name: "Stripe-Signature", value: parcel.signature)
        request.body = .bytes(ByteBuffer(bytes: parcel.body))
        do {
            return Int(try await client.execute(request, timeout: patience).status.code)
        } catch {
            // Refused, cut or late: all the same to a sender, who tries again.
            return nil
        }
    }
}
