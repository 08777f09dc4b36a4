import HTTPTypes
import Hummingbird

/// `/v2/core/batch_jobs`.
struct BatchJobRoutes {
    let simulator: Simulator

    func add(to router: Router<SimulatorContext>) {
        let jobs = router.group("v2/core/batch_jobs")
        jobs.post("") { request, _ in
            let caller = try Self.caller(of: request)
            try Self.checkContentType(request)
            let body = try await request.json()
            return Self.response(try await simulator.create(body: body, caller: caller))
        }
        jobs.get(":id") { request, context in
            let caller = try Self.caller(of: request)
            return Self.response(
                try await simulator.retrieve(try context.parameters.require("id"), caller: caller))
        }
        jobs.post(":id/cancel") { request, context in
            let caller = try Self.caller(of: request)
            let id = try context.parameters.require("id")
            let body = try await request.json()
            guard body == [:] else {
                throw APIError.malformed("parameter_unknown", "Cancel takes no parameters.")
            }
            return Self.response(try await simulator.cancel(id, body: body, caller: caller))
        }
    }

    private static func response(_ answer: Simulator.Answer) -> Response {
        var response = Response.json(answer.body)
        if answer.isReplay { response.headers[.idempotentReplayed] = "true" }
        return response
    }

    private static func checkContentType(_ request: Request) throws(APIError) {
        let type = request.headers[.contentType]?.split(separator: ";").first.map(String.init)
        guard type == "application/json" else {
            throw .malformed("invalid_content_type", "v2 requests carry Content-Type: application/json.")
        }
    }

    private static func caller(of request: Request) throws(APIError) -> Caller {
        guard let key = Caller.apiKey(in: request.headers[.authorization]) else { throw .unauthenticated }
        guard let version = request.headers[.stripeVersion], !version.isEmpty else {
            throw .versionNotProvided
        }
        guard let rules = VersionRules.of(version) else { throw .unknownVersion(version) }
        let idempotencyKey = request.headers[.idempotencyKey]
        if let idempotencyKey, idempotencyKey.count > 255 || idempotencyKey.isEmpty {
            throw .malformed("parameter_invalid", "An Idempotency-Key has 1 to 255 characters.")
        }
        return Caller(
            apiKey: key, context: request.headers[.stripeContext], rules: rules,
            base: "http://" + (request.head.authority ?? "127.0.0.1"), idempotencyKey: idempotencyKey)
    }
}
