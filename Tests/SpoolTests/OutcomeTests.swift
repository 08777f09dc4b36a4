import BatchCore
import Env
import Spool
import Testing

@Suite struct OutcomeTests {
    private func summary(finished: Timestamp = Timestamp(milliseconds: 5000)) -> Summary {
        Summary(
            account: "main", queue: "q", workload: WorkloadID(12), name: "migrate", state: .finished,
            rows: RowCounts(), source: InputFile(bytes: 9, sha256: sha256([9])),
            created: Timestamp(milliseconds: 0), finished: finished, jobs: [JobID("batchv2_x")])
    }

    @Test func anOutcomeCanBeWrittenAgain() throws {
        let folder = try Archive(root: freshFolder())
            .folder(account: "main", queue: "q", workload: WorkloadID(12))
        _ = try folder.outcomeWriter()  // Crashed before its end.
        for content in ["one\n", "one\ntwo\n"] {
            var writer = try folder.outcomeWriter()
            try writer.append(Array(content.utf8))
            let digest = try writer.finish(summary())
            let stated = try #require(try folder.publishedSummary())
            #expect(stated.digest == digest)
            #expect(stated.stated.outcome.rawSHA256 == sha256(Array(content.utf8)))
            #expect(try contents(folder.path + "/outcome.jsonl.zst") == Array(content.utf8))
            #expect(try FileSystem.names(in: folder.path) == ["outcome.jsonl.zst", "summary.json"])
            let text = String(
                decoding: try FileSystem.contents(of: folder.path + "/summary.json"), as: UTF8.self)
            #expect(sha256(Array(text.utf8)) == digest)
            #expect(text.contains(#""in_flight" : 0"#))
            #expect(text.contains(#""finished_at" : "1970-01-01T00:00:05.000Z""#))
        }
    }
}
