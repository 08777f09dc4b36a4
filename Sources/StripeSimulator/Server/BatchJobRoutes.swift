import HTTPTypes
import Hummingbird

/// `/v2/core/batch_jobs`.
struct BatchJobRoutes {
    let simulator: Simulator

    func add(to router: Router<SimulatorContext>) {
        let jobs = router.group("v2/core/batch_jobs")
        jobs.post("") { request, context in
            let caller = try request.caller(context)
            try request.checkContentType()
            let body = try await request.json()
            return Response.answering(try await simulator.create(body: body, caller: caller))
        }
        jobs.get(":id") { request, context in
            let caller = try request.caller(context)
            return Response.answering(
                try await simulator.retrieve(try context.parameters.require("id"), caller: caller))
        }
        jobs.post(":id/cancel") { request, context in
            let caller = try request.caller(context)
            let id = try context.parameters.require("id")
            let body = try await request.json()
            guard body == [:] else {
                throw APIError.malformed("parameter_unknown", "Cancel takes no parameters.")
            }
            return Response.answering(try await simulator.cancel(id, body: body, caller: caller))
        }
    }
}

extension Response {
    static func answering(_ answer: Simulator.Answer) -> Response {
        var response = json(answer.body)
        if answer.isReplay { response.headers[.idempotentReplayed] = "true" }
        return response
    }
}

extension Request {
    /// v2 requests carry JSON, and say so.
    func checkContentType() throws(APIError) {
        let type = headers[.contentType]?.split(separator: ";").first.map(String.init)
        guard type == "application/json" else {
            throw .malformed("invalid_content_type", "v2 requests carry Content-Type: application/json.")
        }
    }

    /// Who calls, by the headers that every v2 call needs.
    func caller(_ context: SimulatorContext) throws(APIError) -> Caller {
        guard let key = Caller.apiKey(in: headers[.authorization]) else { throw .unauthenticated }
        guard let version = headers[.stripeVersion], !version.isEmpty else {
            throw .versionNotProvided
        }
        guard let rules = VersionRules.of(version) else { throw .unknownVersion(version) }
        let idempotencyKey = headers[.idempotencyKey]
        if let idempotencyKey, idempotencyKey.count > 255 || idempotencyKey.isEmpty {
            throw .malformed("parameter_invalid", "An Idempotency-Key has 1 to 255 characters.")
        }
        return Caller(
            apiKey: key, context: headers[.stripeContext], rules: rules,
            base: "http://" + (head.authority ?? "127.0.0.1"), idempotencyKey: idempotencyKey,
            requestID: context.requestID)
    }
}
