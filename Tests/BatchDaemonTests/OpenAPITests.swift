import ControlAPI
import Foundation
import Testing

@testable import BatchDaemon

@Suite(.serialized) struct OpenAPITests {
    @Test func everyRouteIsDescribedAndEveryDescriptionHasItsRoute() async throws {
        try await DaemonWorld.run { world in
            let answer = try await world.get("/v1/openapi.json")
            #expect(answer.status == 200)
            let document = try #require(
                try JSONSerialization.jsonObject(with: Data(answer.text.utf8)) as? [String: Any])
            let paths = try #require(document["paths"] as? [String: [String: [String: Any]]])
            var calls: Set<String> = []
            for (path, operations) in paths {
                for (method, operation) in operations {
                    let call = "\(method.uppercased()) \(path)"
                    calls.insert(call)
                    #expect(
                        operation["summary"] as? String != "", "Operations.swift does not describe \(call)")
                }
            }
            #expect(calls == Set(Operation.all.keys))
            let ids = paths.values.flatMap(\.values).compactMap { $0["operationId"] as? String }
            #expect(Set(ids).count == calls.count)
        }
    }

    @Test func schemasFollowTheTypes() throws {
        let probe = SchemaProbe()
        #expect(probe.schema(of: ErrorBody.self)["$ref"] as? String == "#/components/schemas/ErrorBody")
        let detail = try #require(probe.schemas["ErrorDetail"])
        #expect(detail["required"] as? [String] == ["code", "hint", "message"])
        let members = try #require(detail["properties"] as? [String: [String: Any]])
        #expect(members["hint"]?["type"] as? [String] == ["string", "null"])
        #expect(members["bad_lines"]?["type"] as? String == "integer")
        #expect(
            (members["details"]?["items"] as? [String: Any])?["$ref"] as? String
                == "#/components/schemas/BadLine")
    }

    @Test func aPathWithAnotherMethodIsNamedAsSuch() async throws {
        try await DaemonWorld.run { world in
            let answer = try await world.post("/v1/jobs")
            #expect(answer.status == 405)
            #expect(
                try answer.error() == [
                    "method_not_allowed", "There is no \"POST /v1/jobs\".", "This path takes GET.",
                ])
            #expect(try await world.post("/v1/nothing").status == 404)
        }
    }
}
