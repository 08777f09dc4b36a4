import Foundation
import Subprocess
import SystemPackage
import Testing

/// `make bench` on a small workload. Every contestant checks what it did, so that the run ends well says much.
@Suite struct BenchmarkTests {
    @Test func theBenchmarkWeighsEveryStageOfTheRealCode() async throws {
        let place = "/tmp/batchd-test-\(UUID().uuidString.prefix(13))"
        try FileManager.default.createDirectory(atPath: place, withIntermediateDirectories: false)
        defer { try? FileManager.default.removeItem(atPath: place) }
        let contestants = "pipeline,obvious,ours,hashed,copy,compress,client,curl,whole"
        let result = try await Subprocess.run(
            .path(FilePath("\(Site.programs)/batchbench")),
            arguments: [
                "--rows", "2000", "--rounds", "1", "--folder", place, "--json", "\(place)/report.json",
                "--only",
                contestants,
            ],
            output: .string(limit: 1 << 20), error: .string(limit: 1 << 20))
        try #require(result.terminationStatus.isSuccess, "\(result.standardError)")
        let report = try JSONDecoder().decode(
            Report.self, from: Data(contentsOf: URL(filePath: "\(place)/report.json")))
        let weighed = Set(report.verdicts.map(\.stage))
        #expect(
            weighed == [
                "ingest", "stage", "upload", "download", "archive", "settle", "whole", "before results",
                "status p99",
            ])
        #expect(report.verdicts.allSatisfy { $0.median > 0 })
        #expect(try FileManager.default.contentsOfDirectory(atPath: place) == ["report.json"])
    }

    private struct Report: Decodable {
        struct Verdict: Decodable {
            let stage: String
            let median: Double
        }
        let verdicts: [Verdict]
    }
}
