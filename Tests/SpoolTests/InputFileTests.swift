import BatchCore
import Env
import Spool
import Testing

@Suite struct InputFileTests {
    @Test(arguments: [0, 1, 1 << 20, (1 << 20) + 1, 3_500_000])
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
        #expect(path.hasSuffix("/state/spool/b34.jsonl"))
        #expect(try FileSystem.contents(of: path) == bytes)
        #expect(modeBits(path) == 0o600)
        #expect(modeBits(spool.folder) == 0o700)
        #expect(try FileSystem.names(in: spool.folder) == ["b34.jsonl"])
    }

    @Test func nothingShowsUnderTheNameBeforeTheEnd() throws {
        let spool = try Spool(folder: freshFolder())
        do {
            var writer = try spool.writer(for: BatchID(1))
            try writer.append([1, 2, 3])
            #expect(!FileSystem.exists(spool.path(of: BatchID(1))))
        }
        #expect(try FileSystem.names(in: spool.folder) == ["b1.jsonl.partial"])
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
}
