import HTTPTypes
import Hummingbird

/// `/v2/core/events` and `/v2/core/event_destinations`.
struct EventRoutes {
    let simulator: Simulator

    func add(to router: Router<SimulatorContext>) {
        let events = router.group("v2/core/events")
        events.get("") { request, context in
            let caller = try request.caller(context)
            return Response.json(try await simulator.listEvents(Self.list(request), caller: caller))
        }
        events.get(":id") { request, context in
            let caller = try request.caller(context)
            return Response.json(
                try await simulator.event(try context.parameters.require("id"), caller: caller))
        }
        addDestinations(to: router.group("v2/core/event_destinations"))
    }

    private func addDestinations(to destinations: RouterGroup<SimulatorContext>) {
        destinations.get("") { request, context in
            let caller = try request.caller(context)
            return Response.json(try await simulator.listDestinations(Self.list(request), caller: caller))
        }
        destinations.post("") { request, context in
            let caller = try request.caller(context)
            try request.checkContentType()
            return Response.answering(
                try await simulator.createDestination(try await request.json(), caller: caller))
        }
        destinations.get(":id") { request, context in
            let caller = try request.caller(context)
            let include = Set(try Self.list(request).filters.map(\.value))
            let id = try context.parameters.require("id")
            return Response.json(try await simulator.destination(id, include: include, caller: caller))
        }
        destinations.post(":id") { request, context in
            let caller = try request.caller(context)
            let id = try context.parameters.require("id")
            let body = try await request.json()
            return Response.answering(try await simulator.updateDestination(id, body, caller: caller))
        }
        destinations.delete(":id") { request, context in
            let caller = try request.caller(context)
            let id = try context.parameters.require("id")
            return Response.answering(try await simulator.deleteDestination(id, caller: caller))
        }
        destinations.post(":id/:action") { request, context in
            let caller = try request.caller(context)
            let id = try context.parameters.require("id")
            switch try context.parameters.require("action") {
            case "enable":
                return Response.answering(try await simulator.enableDestination(id, true, caller: caller))
            case "disable":
                return Response.answering(try await simulator.enableDestination(id, false, caller: caller))
            case "ping":
                return Response.answering(try await simulator.ping(id, caller: caller))
            default:
                throw HTTPError(.notFound)
            }
        }
    }

    private static func list(_ request: Request) throws(APIError) -> ListRequest {
        try ListRequest(path: request.uri.path, query: request.uri.query)
    }
}
