import BatchCore
import ControlAPI
import HTTPTypes
import Hummingbird
import Logging

/// The routes of the control socket, each with the parameters that it takes.
struct ControlRouter {
    typealias Handler = @Sendable (Call) async throws -> Response

    let router = Router(context: ControlContext.self)
    let workers: Workers
    let routes = RouteList()
    let doorkeeper: Doorkeeper

    init(workers: Workers, doorkeeper: Doorkeeper, logger: Logger) {
        self.workers = workers
        self.doorkeeper = doorkeeper
        router.add(middleware: Refusals(logger: logger, routes: routes))
    }

    func get(_ path: String, _ names: QueryName..., handle: @escaping Handler) {
        add(.get, path, names, handle)
    }

    func post(_ path: String, _ names: QueryName..., handle: @escaping Handler) {
        add(.post, path, names, handle)
    }

    private func add(
        _ method: HTTPRequest.Method, _ path: String, _ names: [QueryName], _ handle: @escaping Handler
    ) {
        routes.add(method, path, names)
        router.on(RouterPath(path), method: method) { [workers, doorkeeper] request, context in
            let id = context.parameters.get("id") ?? ""
            let read = { try Call(uri: request.uri, id: id, body: request.body, accepts: names) }
            // Only a GET changes nothing.
            guard method != .get else {
                let call = try read()
                return try await workers.run { try await handle(call) }
            }
            let peer = try await Peer(of: context.channel)
            try doorkeeper.admit(peer)
            let call = try read()
            return try await Asker.$uid.withValue(peer.uid) {
                try await workers.run { try await handle(call) }
            }
        }
    }
}

/// Gives every failure the form of the contract, and our own faults a line in the log.
private struct Refusals<Context: RequestContext>: RouterMiddleware {
    let logger: Logger
    let routes: RouteList

    func handle(
        _ request: Request, context: Context, next: @concurrent (Request, Context) async throws -> Response
    ) async throws -> Response {
        do {
            return try await next(request, context)
        } catch let refusal as Refusal {
            throw refusal
        } catch let error as HTTPError where error.status == .notFound {
            let call = Refusal.shown("\(request.method.rawValue) \(request.uri.path)")
            let methods = routes.methods(of: request.uri.path)
            guard methods.isEmpty else {
                throw Refusal(
                    .methodNotAllowed, "method_not_allowed", "There is no \(call).",
                    hint: "This path takes \(methods.joined(separator: " and ")).")
            }
            let near = nearest(to: request.uri.path, among: routes.entries.map(\.path))
                .map { "Did you mean \($0)? " }
            throw Refusal(
                .notFound, "unknown_path", "There is nothing at \(call).",
                hint: "\(near ?? "Start at GET \(Routes.status). ")All paths are in GET \(Routes.openAPI).")
        } catch {
            logger.error(
                "a control request failed",
                metadata: ["call": "\(request.method.rawValue) \(request.uri.path)", "error": "\(error)"]
            )
            throw Refusal(
                .internalServerError, "internal", "The daemon could not do this: \(error)",
                hint: "The daemon's log says more."
            )
        }
    }
}
