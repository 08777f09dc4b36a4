import HTTPTypes
import Hummingbird

/// Refuses API calls beyond the rate limits.
///
/// Never with a `Retry-After`: Stripe sends none.
struct RateLimitMiddleware: RouterMiddleware {
    let simulator: Simulator

    func handle(
        _ request: Request, context: SimulatorContext,
        next: @concurrent (Request, SimulatorContext) async throws -> Response
    ) async throws -> Response {
        let path = request.uri.path
        guard path.hasPrefix("/v2/"), let key = Caller.apiKey(in: request.headers[.authorization]) else {
            return try await next(request, context)
        }
        let reached = await simulator.spendCall(
            apiKey: key, context: request.headers[.stripeContext],
            endpoint: Self.endpoint(request.method.rawValue, path))
        guard let (reason, error) = reached else { return try await next(request, context) }
        try await request.drain()
        var response = error.map(Response.refusing) ?? Response(status: .tooManyRequests)
        response.headers[.rateLimitedReason] = reason.rawValue
        return response
    }

    /// Method and path, with `:id` in the place of an id: `GET /v2/core/batch_jobs/:id`.
    static func endpoint(_ method: String, _ path: String) -> String {
        var parts = path.split(separator: "/").map(String.init)
        if parts.count > 3 { parts[3] = ":id" }
        return method + " /" + parts.joined(separator: "/")
    }
}
