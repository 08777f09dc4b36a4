import ControlAPI
import Foundation
import Testing

struct ControlAPITests {
    /// Reads `document` as a `Value`, writes it again, and compares the two as JSON.
    private func roundTrip<Value: Codable>(_: Value.Type, _ document: String) throws -> Bool {
        let value = try JSONDecoder().decode(Value.self, from: Data(document.utf8))
        let written = try JSONSerialization.jsonObject(with: JSONEncoder().encode(value)) as? NSDictionary
        let expected = try JSONSerialization.jsonObject(with: Data(document.utf8)) as? NSDictionary
        return try #require(written) == #require(expected)
    }

    @Test func everyDocumentKeepsAllItsMembersInBothDirections() throws {
        #expect(try roundTrip(Workload.self, Documents.workload()))
        #expect(
            try roundTrip(List<Workload>.self, Documents.list(Documents.workload(), Documents.workload())))
        #expect(try roundTrip(Row.self, Documents.row))
        #expect(try roundTrip(Batch.self, Documents.batch))
        #expect(try roundTrip(Job.self, Documents.job))
        #expect(try roundTrip(Deadline.self, Documents.deadline))
        #expect(try roundTrip(Queue.self, Documents.queue))
        #expect(try roundTrip(Status.self, Documents.status))
        #expect(try roundTrip(Event.self, Documents.event))
        #expect(try roundTrip(Explanation.self, Documents.explanation))
        #expect(try roundTrip(AuditReport.self, Documents.audit(ok: true)))
        #expect(try roundTrip(ErrorBody.self, Documents.badRows))
        #expect(try roundTrip(ErrorBody.self, Documents.duplicate))
        #expect(try roundTrip(SubmitAnswer.self, Documents.submitted))
        #expect(try roundTrip(DryRunAnswer.self, Documents.dryRun))
    }

    @Test func aReaderIgnoresMembersItDoesNotKnowAndAcceptsMissingOnes() throws {
        let newer = #"{"row":"r","state":"queued","attempts":0,"input":{"a":1},"colour":"red"}"#
        let row = try JSONDecoder().decode(Row.self, from: Data(newer.utf8))
        #expect(row.row == "r" && row.status == nil && row.error == nil)
    }

    @Test func anUnknownStateIsKeptAndIsNoKnownState() throws {
        let document = Documents.workload(state: "dreaming")
        let workload = try JSONDecoder().decode(Workload.self, from: Data(document.utf8))
        #expect(workload.state == "dreaming" && workload.knownState == nil)
    }

    @Test func routesServeAsPathsAndAsPatterns() {
        #expect(Routes.workload("w12") == "/v1/workloads/w12")
        #expect(Routes.rows(":id") == "/v1/workloads/:id/rows")
        #expect(QueryName.allowDuplicate.rawValue == "allow_duplicate")
    }
}
