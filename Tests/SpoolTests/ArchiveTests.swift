import BatchCore
import Env
import Glibc
import Spool
import Testing

@Suite struct ArchiveTests {
    let root = freshFolder()

    private func folder(faults: Faults = .none) throws -> WorkloadFolder {
        try Archive(root: root + "/archive", faults: faults)
            .folder(account: "main", queue: "q", workload: WorkloadID(12))
    }

    private func manifest(_ facts: ArchivedFacts?, job: String = "batchv2_x") -> Manifest {
        Manifest(
            account: "main", queue: "q", workload: WorkloadID(12), batch: BatchID(34), job: JobID(job),
            ending: facts == nil ? .batchFailed : .complete, endpoint: "POST /v1/customers/:customer",
            apiVersion: "2026-09-30.preview", rows: 100, succeeded: 98, failed: 2,
            input: InputFile(bytes: 7, sha256: sha256([1])), results: facts,
            created: Timestamp(rfc3339: "2026-03-09T20:55:31Z"),
            archived: Timestamp(rfc3339: "2026-03-09T21:55:31.250Z")!,
            jobObject: Array(#"{"id":"\#(job)","nested":{"url":"redacted"}}"#.utf8))
    }

    @Test(arguments: [0, 5, 1 << 20, 3_300_000])
    func aPublishedJobIsWhole(size: Int) throws {
        let folder = try folder()
        let bytes = Array(resultLines(size).prefix(size))
        let facts = try folder.download(bytes, for: BatchID(34))
        #expect(facts.rawBytes == Int64(size))
        #expect(facts.rawSHA256 == sha256(bytes))
        try folder.publish(manifest(facts))

        let path = root + "/archive/account=main/queue=q/workload=w12/job=batchv2_x"
        #expect(folder.path(of: JobID("batchv2_x")) == path)
        #expect(try FileSystem.names(in: folder.path) == ["job=batchv2_x"])
        #expect(try FileSystem.names(in: path) == ["manifest.json", "results.jsonl.zst"])
        let stored = try FileSystem.contents(of: path + "/results.jsonl.zst")
        #expect(facts.storedBytes == Int64(stored.count))
        #expect(facts.storedSHA256 == sha256(stored))
        #expect(try contents(path + "/results.jsonl.zst") == bytes)
        #expect(modeBits(path) == 0o700)
        #expect(modeBits(path + "/manifest.json") == 0o600)
        #expect(try folder.published(JobID("batchv2_x"))?.manifest.results == facts)
    }

    @Test func linesAreCounted() throws {
        let folder = try folder()
        #expect(try folder.download(Array("a\nb\n".utf8), for: BatchID(1)).lines == 2)
        #expect(try folder.download(Array("a\nb\nc".utf8), for: BatchID(2)).lines == 3)
        #expect(try folder.download([], for: BatchID(3)).lines == 0)
    }

    @Test func theManifestComesBackAsItWas() throws {
        let folder = try folder()
        let facts = try folder.download(resultLines(1000), for: BatchID(34))
        let original = manifest(facts)
        try folder.publish(original)
        var expected = original
        expected.jobObject = []
        #expect(try folder.published(original.job)?.manifest == expected)
        let text = String(
            decoding: try FileSystem.contents(of: folder.path(of: original.job) + "/manifest.json"),
            as: UTF8.self)
        for part in [
            #""raw_sha256" : ""#, #""stored_bytes" : "#, #""endpoint" : "POST /v1/customers/:customer""#,
            #""archived" : "2026-03-09T21:55:31.250Z""#, #""job_object" : {"id":"batchv2_x""#,
            #""sent" : 100"#,
        ] {
            #expect(text.contains(part), "\(part) in \(text)")
        }
    }

    @Test func aJobWithoutOutputHasAManifestOnly() throws {
        let folder = try folder()
        _ = try folder.writer(for: BatchID(34))  // A leftover that must not slip in.
        try folder.publish(manifest(nil))
        #expect(try FileSystem.names(in: folder.path(of: JobID("batchv2_x"))) == ["manifest.json"])
        #expect(try folder.published(JobID("batchv2_x"))?.manifest.ending == .batchFailed)
        #expect(try folder.published(JobID("batchv2_other")) == nil)
    }

    @Test func publishingTwiceKeepsTheFirst() throws {
        let folder = try folder()
        let bytes = resultLines(5000)
        try folder.publish(manifest(try folder.download(bytes, for: BatchID(34))))
        let before = try FileSystem.contents(of: folder.path(of: JobID("batchv2_x")) + "/manifest.json")
        var again = manifest(try folder.download(bytes, for: BatchID(34)))
        again.archived = again.archived + .hours(1)
        try folder.publish(again)
        #expect(try FileSystem.contents(of: folder.path(of: JobID("batchv2_x")) + "/manifest.json") == before)
        #expect(try FileSystem.names(in: folder.path) == ["job=batchv2_x"])

        let other = manifest(try folder.download(resultLines(6000), for: BatchID(34)))
        #expect(throws: ArchiveDamage.self) { try folder.publish(other) }
    }

    @Test func damageIsNoticed() throws {
        let folder = try folder()
        try folder.publish(manifest(try folder.download(resultLines(50_000), for: BatchID(34))))
        let path = folder.resultsPath(of: JobID("batchv2_x"))
        var stored = try FileSystem.contents(of: path)
        stored[stored.count / 2] ^= 1
        let file = try OpenFile(path, .create)
        try stored.withUnsafeBytes { try file.write($0) }
        #expect(throws: ArchiveDamage.self) { _ = try folder.published(JobID("batchv2_x")) }
        #expect(throws: ArchiveDamage.self) { _ = try contents(path) }
        try file.truncate(to: Int64(stored.count / 2))
        #expect(throws: ArchiveDamage.self) { _ = try contents(path) }
    }

    @Test(arguments: ["..", ".", "../../evil", "a/b", "", "x y%=\u{e9}"])
    func anIDStaysOneFolder(id: String) throws {
        let folder = try folder()
        let facts = try folder.download(resultLines(10), for: BatchID(34))
        try folder.publish(manifest(facts, job: id))
        #expect(try FileSystem.names(in: folder.path).count == 1)
        #expect(try folder.published(JobID(id))?.manifest.job == JobID(id))
        #expect(try FileSystem.names(in: root) == ["archive"])
    }

    /// A crash at each step, and the whole collect again after it.
    @Test func everyCrashIsHarmless() throws {
        struct Crash: Error {}
        let steps: [FaultPoint] = [
            .frameWritten, .resultsSynced, .resultsRenamed, .manifestRenamed, .jobFolderSynced,
            .jobFolderRenamed, .jobFolderPublished,
        ]
        let bytes = resultLines(2_500_000)
        for step in steps {
            let state = freshFolder()
            func collect(_ faults: Faults) throws {
                let folder = try Archive(root: state, faults: faults)
                    .folder(account: "main", queue: "q", workload: WorkloadID(12))
                if try folder.published(JobID("batchv2_x")) == nil {
                    try folder.publish(manifest(try folder.download(bytes, for: BatchID(34))))
                }
            }
            // A copy of the folder, taken at the fault point, is what a crash there would leave.
            let copy = state + ".crashed"
            let copied = Once()
            try collect(
                Faults { point in
                    if point == step, copied.first() { system("cp -a \(state) \(copy)") }
                })
            #expect(FileSystem.exists(copy), "\(step) is passed")
            let folder = try Archive(root: copy).folder(account: "main", queue: "q", workload: WorkloadID(12))
            if try folder.published(JobID("batchv2_x")) == nil {
                try folder.publish(manifest(try folder.download(bytes, for: BatchID(34))))
            }
            #expect(try FileSystem.names(in: folder.path) == ["job=batchv2_x"], "\(step)")
            #expect(try contents(folder.resultsPath(of: JobID("batchv2_x"))) == bytes, "\(step)")
            system("rm -r \(state) \(copy)")
        }
    }
}
