import Foundation
import Testing

/// The archive, as the command line lists, verifies and reads it.
@Suite(.serialized) struct ArchiveTests {
    @Test func theArchiveIsListedReadAndVerified() async throws {
        try await Site.with { site in
            let input = try site.input("rows.jsonl", Rows.updates(300))
            try await site.withDaemon { _ in
                #expect(try await site.ctl("submit", "update-customers", input, "--wait").code == 0)
                let job = try #require(try await site.ctl("archive", "list", "-o", "json").jsonLines().first)
                let id = try #require(job["id"] as? String)
                #expect(job["lines"] as? Int == 300 && job["workload"] as? String == "w1")
                #expect(try await site.ctl("archive", "list", "--workload", "w1").output.contains(id))

                let printed = try await site.ctl("archive", "get", id)
                #expect(printed.output.utf8.count == job["bytes"] as? Int)
                let file = "\(site.folder)/out.jsonl"
                #expect(try await site.ctl("archive", "get", id, "--to", file).code == 0)
                #expect(try String(contentsOfFile: file, encoding: .utf8) == printed.output)
                // A second one is refused, and the first stays.
                #expect(try await site.ctl("archive", "get", id, "--to", file).code == 3)
                let stored = "\(site.folder)/out.zst"
                #expect(try await site.ctl("archive", "get", id, "--stored", "--to", stored).code == 0)
                #expect(FileManager.default.contentsEqual(atPath: stored, andPath: try results(site)))

                #expect(try await site.ctl("archive", "verify").code == 0)
                #expect(
                    try await site.ctl("archive", "verify", "w1", "-o", "json").json()["jobs"] as? Int == 1)
            }
        }
    }

    @Test(arguments: Damage.allCases)
    func whatIsNotAsPublishedIsNamed(damage: Damage) async throws {
        try await Site.with { site in
            let input = try site.input("rows.jsonl", Rows.updates(50))
            try await site.withDaemon { _ in
                #expect(try await site.ctl("submit", "update-customers", input, "--wait").code == 0)
                let path = try results(site)
                try damage.plant(in: path)
                let answer = try await site.ctl("archive", "verify")
                #expect(answer.code == 7)
                #expect(answer.output.contains(damage.shows), "\(answer.output)")
                if damage.isSeenAlone {
                    let alone = try await site.ctl(
                        "archive", "verify", "--offline", "--archive", site.archive)
                    #expect(alone.code == 7 && alone.output.contains(damage.shows), "\(alone.output)")
                }
                if damage == .oneByte {
                    let job = try #require(path.firstMatch(of: /job=([^\/]+)/)).1
                    let file = "\(site.folder)/out.jsonl"
                    #expect(try await site.ctl("archive", "get", String(job), "--to", file).code == 7)
                    #expect(
                        try FileManager.default.contentsOfDirectory(atPath: site.folder)
                            .allSatisfy { !$0.hasPrefix("out.jsonl") })
                }
            }
        }
    }

    enum Damage: CaseIterable {
        case oneByte, noResults, noManifest, noJob, aForeignFile, anotherOutcome

        var shows: String {
            switch self {
            case .oneByte: "results.jsonl.zst, SHA-256"
            case .noResults: "results.jsonl.zst"
            case .noManifest: "manifest.json"
            case .noJob: "found nothing"
            case .aForeignFile: "notes.txt"
            case .anotherOutcome: "outcome.jsonl.zst, size in bytes"
            }
        }

        /// Without the records nobody knows that a whole job is missing.
        var isSeenAlone: Bool { self != .noJob }

        func plant(in results: String) throws {
            let job = URL(filePath: results).deletingLastPathComponent()
            let files = FileManager.default
            switch self {
            case .oneByte:
                let file = try FileHandle(forUpdating: URL(filePath: results))
                try file.seek(toOffset: 30)
                try file.write(contentsOf: Data([0x55, 0xAA]))
                try file.close()
            case .noResults: try files.removeItem(atPath: results)
            case .noManifest: try files.removeItem(at: job.appending(path: "manifest.json"))
            case .noJob: try files.removeItem(at: job)
            case .aForeignFile: try Data("x".utf8).write(to: job.appending(path: "notes.txt"))
            case .anotherOutcome:
                let outcome = job.deletingLastPathComponent().appending(path: "outcome.jsonl.zst")
                try Data("x".utf8).write(to: outcome)
            }
        }
    }
}

/// The only results of the archive.
private func results(_ site: Site) throws -> String {
    let names = try FileManager.default.subpathsOfDirectory(atPath: site.archive)
    return "\(site.archive)/\(try #require(names.first { $0.hasSuffix("/results.jsonl.zst") }))"
}
