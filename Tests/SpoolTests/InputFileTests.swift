import BatchCore
import Env
import Spool
import Testing

@Suite struct InputFileTests {
    @Test(arguments: [0, 1, 1 << 18, (1 << 18) + 1, 3_500_000])
    func aFileIsWhatWasAppended(size: Int) throws {
        let spool = try Spool(folder: freshFolder() + "/state/spool")
        let bytes = Array(resultLines(size).prefix(size))
        var writer = try spool.writer(for: BatchID(34))
        for start in stride(from: 0, to: size, by: 777_777) {
            try writer.append(Array(bytes[start..<min(start + 777_777, size)]))
        }
        #expect(writer.bytes == Int64(size))
        let file = try writer.finish()
        #expect(file == InputFile(bytes: Int64(size), sha256: sha256(bytes)))
        let path = spool.path(of: BatchID(34))
        #expect(path.hasSuffix("/state/spool/b34.jsonl.zst"))
        #expect(try content(of: BatchID(34), in: spool) == bytes)
        #expect(modeBits(path) == 0o600)
        #expect(modeBits(spool.folder) == 0o700)
        #expect(try FileSystem.names(in: spool.folder) == ["b34.jsonl.zst"])
    }

    @Test func nothingShowsUnderTheNameBeforeTheEnd() throws {
        let spool = try Spool(folder: freshFolder())
        do {
            var writer = try spool.writer(for: BatchID(1))
            try writer.append([1, 2, 3])
            #expect(!FileSystem.exists(spool.path(of: BatchID(1))))
        }
        #expect(try FileSystem.names(in: spool.folder) == ["b1.jsonl.zst.partial"])
        #expect(try spool.batches() == [BatchID(1)])
        var again = try spool.writer(for: BatchID(1))
        try again.append([4])
        #expect(try again.finish().bytes == 1)
    }

    @Test func removingIsIdempotent() throws {
        let spool = try Spool(folder: freshFolder())
        _ = try spool.writer(for: BatchID(1)).finish()
        _ = try spool.writer(for: BatchID(1))
        try spool.remove(BatchID(1))
        try spool.remove(BatchID(1))
        #expect(try spool.batches().isEmpty)
    }

    @Test func everyStepHasItsFaultPoint() throws {
        let passed = Trace()
        let spool = try Spool(folder: freshFolder(), faults: passed.faults)
        _ = try spool.writer(for: BatchID(1)).finish()
        #expect(passed.points == [.inputWritten, .inputSynced, .inputRenamed, .inputPublished])
    }

    /// What is sent twice is the same twice, and the same as what another run of the same rows writes.
    @Test func theSameRowsMakeTheSameFile() throws {
        let spool = try Spool(folder: freshFolder())
        let bytes = resultLines(900_000)
        for (batch, piece) in [(BatchID(1), 1_000), (BatchID(2), 900_000)] {
            var writer = try spool.writer(for: batch)
            for start in stride(from: 0, to: bytes.count, by: piece) {
                try writer.append(Array(bytes[start..<min(start + piece, bytes.count)]))
            }
            _ = try writer.finish()
        }
        #expect(
            try FileSystem.contents(of: spool.path(of: BatchID(1)))
                == FileSystem.contents(of: spool.path(of: BatchID(2))))
    }

    @Test func aDamagedFileIsNotSent() throws {
        let spool = try Spool(folder: freshFolder())
        var writer = try spool.writer(for: BatchID(1))
        try writer.append(resultLines(600_000))
        _ = try writer.finish()
        let path = spool.path(of: BatchID(1))
        var stored = try FileSystem.contents(of: path)
        stored[stored.count / 2] ^= 1
        try stored.withUnsafeBytes { try OpenFile(path, .create).write($0) }
        #expect(throws: ArchiveDamage.self) { try content(of: BatchID(1), in: spool) }
        try OpenFile(path, .update).truncate(to: Int64(stored.count - 1))
        #expect(throws: ArchiveDamage.self) { try content(of: BatchID(1), in: spool) }
    }

    private func content(of batch: BatchID, in spool: Spool) throws -> [UInt8] {
        let reader = try spool.reader(of: batch)
        var bytes: [UInt8] = []
        while let piece = try reader.next() { bytes += piece }
        return bytes
    }
}
