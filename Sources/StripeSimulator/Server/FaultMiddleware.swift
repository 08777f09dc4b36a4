import HTTPTypes
import Hummingbird
import NIOCore

/// Gives each request its id, turns refusals into answers, and does what the wire faults say.
struct FaultMiddleware: RouterMiddleware {
    typealias Context = SimulatorContext
    typealias Next = @concurrent (Request, SimulatorContext) async throws -> Response
    let simulator: Simulator

    func handle(
        _ request: Request, context: SimulatorContext,
        next: Next
    ) async throws -> Response {
        let target = Self.target(of: request)
        let call = Self.call(request)
        let admission = await simulator.admit(target, call)
        let fault = admission.fault
        var context = context
        context.requestID = admission.requestID
        var response: Response
        if let reason = admission.refusal {
            try await request.drain()
            response = Self.refusing(reason, await simulator.refusal(reason))
        } else {
            do {
                response = try await respond(request, context, fault, next)
            } catch {
                await simulator.leave(target, call, outcome: nil)
                throw error
            }
        }
        if request.uri.path.hasPrefix("/v2/") {
            response.headers[.requestID] = admission.requestID
            response.headers[.stripeVersion] = request.headers[.stripeVersion]
            response.headers[.idempotencyKey] = request.headers[.idempotencyKey]
        }
        let wasCut = fault.map { [.loseBefore, .loseAfter, .cut].contains($0.action) } ?? false
        await simulator.leave(
            target, admission.refusal == nil ? call : nil,
            outcome: wasCut ? "cut" : String(response.status.code))
        return response
    }

    /// Which kind of request this is; nil for the controls.
    private static func target(of request: Request) -> WireFault.Target? {
        let path = request.uri.path
        if path.hasPrefix("/files/upload/") { return .upload }
        if path.hasPrefix("/files/download/") { return .download }
        if path.hasPrefix("/v2/core/event") { return .events }
        guard path.hasPrefix("/v2/core/batch_jobs") else { return nil }
        if request.method == .get { return .retrieve }
        return path.hasSuffix("/cancel") ? .cancel : .create
    }

    /// What counts against the limits: calls of the API by someone.
    private static func call(_ request: Request) -> APICall? {
        guard request.uri.path.hasPrefix("/v2/"),
            let key = Caller.apiKey(in: request.headers[.authorization])
        else { return nil }
        return APICall(
            apiKey: key, context: request.headers[.stripeContext], method: request.method.rawValue,
            path: request.uri.path)
    }

    /// Never with a `Retry-After`: Stripe sends none.
    private static func refusing(_ reason: RateLimits.Reason, _ error: APIError?) -> Response {
        var response = error.map(Response.refusing) ?? Response(status: .tooManyRequests)
        if case .limit(let name) = reason { response.headers[.rateLimitedReason] = name }
        return response
    }

    private func respond(
        _ request: Request, _ context: SimulatorContext, _ fault: WireFault?,
        _ next: Next
    ) async throws -> Response {
        guard let fault else { return try await Self.answer(request, context, next) }
        if let delay = fault.delayMilliseconds { try await Task.sleep(for: .milliseconds(delay)) }
        switch fault.action {
        case .delay:
            return try await Self.answer(request, context, next)
        case .status:
            try await request.drain()
            return Self.injected(fault)
        case .loseBefore:
            context.hangUp()
            return Response(status: .serviceUnavailable)
        case .loseAfter:
            let response = try await Self.answer(request, context, next)
            context.hangUp()
            return response
        case .cut:
            var context = context
            context.cutAfter = fault.afterBytes ?? 0
            return try await Self.answer(request, context, next)
        case .throttle:
            var context = context
            context.bytesPerSecond = fault.bytesPerSecond
            return try await Self.answer(request, context, next)
        case .truncate:
            return try await Self.truncated(Self.answer(request, context, next))
        }
    }

    /// Runs the route, with refusals as answers.
    private static func answer(
        _ request: Request, _ context: SimulatorContext,
        _ next: Next
    ) async throws -> Response {
        do {
            return try await next(request, context)
        } catch let error as APIError {
            return .refusing(error)
        } catch let error as StorageError {
            return .refusing(error)
        } catch let error as ScenarioFault {
            return .refusing(APIError.malformed("invalid_scenario", error.description))
        } catch let error as HTTPError where error.status == .notFound {
            return .refusing(APIError.notFound("\(request.method.rawValue): \(request.uri.path)"))
        }
    }

    private static func injected(_ fault: WireFault) -> Response {
        let status = fault.status ?? 500
        var response: Response
        switch fault.body ?? .json {
        case .html:
            let page = "<html><head><title>\(status)</title></head><body><h1>\(status)</h1></body></html>\n"
            response = .text(page, type: "text/html", status: .init(code: status))
        case .empty:
            response = Response(status: .init(code: status))
        case .json:
            let isLimit = status == 429 && fault.code == nil
            let code = fault.code ?? (isLimit ? "account_rate_limit_exceeded" : "api_error")
            var error = APIError(status: status, code: code, message: "Injected by the scenario.")
            if isLimit { error.type = "rate_limit" }
            response = .refusing(error)
        }
        if let retry = fault.shouldRetry { response.headers[.shouldRetry] = retry ? "true" : "false" }
        return response
    }

    /// Half of the body, with a length that fits the half: JSON that ends in the middle.
    private static func truncated(_ response: Response) async throws -> Response {
        guard let length = response.body.contentLength, length > 1 else { return response }
        let whole = try await collected(response.body)
        var response = response
        response.body = .init(byteBuffer: whole.getSlice(at: 0, length: length / 2) ?? ByteBuffer())
        return response
    }

    private static func collected(_ body: ResponseBody) async throws -> ByteBuffer {
        let collector = Collector()
        try await body.write(collector)
        return await collector.buffer
    }

    private actor Buffered {
        var buffer = ByteBuffer()
        func append(_ part: ByteBuffer) { buffer.writeImmutableBuffer(part) }
    }

    private struct Collector: ResponseBodyWriter {
        let store = Buffered()
        var buffer: ByteBuffer { get async { await store.buffer } }
        mutating func write(_ buffer: ByteBuffer) async throws { await store.append(buffer) }
        consuming func finish(_ trailingHeaders: HTTPFields?) async throws {}
    }
}
