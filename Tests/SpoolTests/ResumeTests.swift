import BatchCore
import Env
import Glibc
import Spool
import Testing

@Suite struct ResumeTests {
    private let batch = BatchID(34)

    /// A partial cut anywhere, with or without rubbish behind the cut, ends as if nothing had happened.
    @Test(arguments: 1...12)
    func aTornPartialIsContinued(seed: UInt64) throws {
        var random = Entropy.seeded(seed)
        let bytes = resultLines(4_000_000, seed: seed)
        let folder = try Archive(root: freshFolder())
            .folder(account: "main", queue: "q", workload: WorkloadID(1))
        do {
            var writer = try folder.writer(for: batch)
            var position = 0
            while position < bytes.count {
                let end = min(position + Int.random(in: 1...400_000, using: &random), bytes.count)
                try bytes[position..<end].withUnsafeBytes { try writer.append($0) }
                if Int.random(in: 0..<8, using: &random) == 0 { try writer.pause() }
                position = end
            }
            try writer.pause()
        }
        let path = folder.path + "/.partial-b34/results.jsonl.zst.partial"
        for _ in 0..<6 {
            let file = try OpenFile(path, .update)
            try file.truncate(to: Int64.random(in: 0...file.size(), using: &random))
            if Bool.random(using: &random) {
                try file.seek(to: file.size())
                let rubbish = [UInt8](repeating: Bool.random(using: &random) ? 0 : 0xA7, count: 5000)
                try rubbish.withUnsafeBytes { try file.write($0) }
            }
            let resumed = try folder.writer(for: batch)
            #expect(resumed.rawBytes <= bytes.count)
        }
        let facts = try folder.download(bytes, for: batch)
        #expect(facts.rawSHA256 == sha256(bytes))
        #expect(facts.rawBytes == Int64(bytes.count))
        #expect(facts.lines == Int64(bytes.count(where: { $0 == 10 })))
        let stored = try FileSystem.contents(of: path)
        #expect(facts.storedSHA256 == sha256(stored))
        #expect(try contents(path) == bytes)
    }

    @Test func onlyWholeFramesCount() throws {
        let folder = try Archive(root: freshFolder())
            .folder(account: "main", queue: "q", workload: WorkloadID(1))
        let bytes = resultLines(2_500_000)
        do {
            var writer = try folder.writer(for: batch)
            try bytes.withUnsafeBytes { try writer.append($0) }
            #expect(writer.rawBytes == Int64(bytes.count))
        }
        // The second one was being made when the writer went.
        #expect(try folder.writer(for: batch).rawBytes == 1 << 20)
        do {
            var writer = try folder.writer(for: batch)
            try bytes[(1 << 20)...].withUnsafeBytes { try writer.append($0) }
            try writer.pause()
        }
        #expect(try folder.writer(for: batch).rawBytes == Int64(bytes.count))
        try folder.discardPartial(of: batch)
        #expect(try folder.writer(for: batch).rawBytes == 0)
    }

    @Test func aReaderStartsAnywhere() throws {
        let folder = try Archive(root: freshFolder())
            .folder(account: "main", queue: "q", workload: WorkloadID(1))
        let bytes = resultLines(2_500_000)
        _ = try folder.download(bytes, for: batch)
        let path = folder.path + "/.partial-b34/results.jsonl.zst.partial"
        for offset in [0, 1, (1 << 20) - 1, 1 << 20, (1 << 20) + 1, 2_222_222, bytes.count] {
            #expect(try contents(path, from: Int64(offset)) == Array(bytes[offset...]))
        }
        #expect(throws: ArchiveDamage.self) { _ = try contents(path, from: Int64(bytes.count) + 1) }
    }

    /// What a failed sync leaves may be right in memory and wrong on the disk, and no later sync would tell.
    @Test func aPartialWhoseSyncFailedIsThrownAway() throws {
        let folder = try Archive(root: freshFolder())
            .folder(account: "main", queue: "q", workload: WorkloadID(1))
        let partial = folder.partialPath(of: batch)
        try FileSystem.makeFolders(partial)
        // A device that takes everything and cannot be synced.
        let path = "\(partial)/results.jsonl.zst.partial"
        #expect(symlink("/dev/null", path) == 0)
        #expect(throws: FileFault(errno: EINVAL, operation: "fsync", path: path)) {
            _ = try folder.download(resultLines(1000), for: batch)
        }
        #expect(!FileSystem.exists(path))
        #expect(try folder.writer(for: batch).rawBytes == 0)
    }
}
