import CZstd
import Crypto
import Env

/// What the machine can do at best: the same bytes through the same hash and the same sync, and nothing else.
enum Limit {
    private static let pieceSize = 1 << 20

    /// Copies a file, hashing what goes through, until the copy is on the disk: the limit of staging.
    static func copy(_ source: String, to copy: String, rows: Int) throws -> Sample {
        let watch = Stopwatch()
        let input = try OpenFile(source, .read)
        let output = try OpenFile(copy, .create)
        var hash = SHA256()
        try eachPiece(of: input) { piece in
            hash.update(bufferPointer: piece)
            try output.write(piece)
        }
        try output.sync()
        withExtendedLifetime(hash.finalize()) {}
        return watch.read("stage", "copy", rows: rows, bytes: try input.size())
    }

    /// Compresses a file as `zstd -1` does, hashing what is read, until it is on the disk: the limit of archiving.
    static func compress(_ source: String, to compressed: String, rows: Int) throws -> Sample {
        let watch = Stopwatch()
        let input = try OpenFile(source, .read)
        let output = try OpenFile(compressed, .create)
        let context = ZSTD_createCCtx()
        defer { ZSTD_freeCCtx(context) }
        ZSTD_CCtx_setParameter(context, ZSTD_c_compressionLevel, 1)
        let room = UnsafeMutableRawBufferPointer.allocate(byteCount: ZSTD_CStreamOutSize(), alignment: 16)
        defer { room.deallocate() }
        var hash = SHA256()
        func feed(_ piece: UnsafeRawBufferPointer, _ directive: ZSTD_EndDirective) throws {
            var from = ZSTD_inBuffer(src: piece.baseAddress, size: piece.count, pos: 0)
            while true {
                var to = ZSTD_outBuffer(dst: room.baseAddress, size: room.count, pos: 0)
                let left = ZSTD_compressStream2(context, &to, &from, directive)
                guard ZSTD_isError(left) == 0 else { throw BenchFault("zstd failed") }
                try output.write(UnsafeRawBufferPointer(rebasing: room[..<to.pos]))
                if directive == ZSTD_e_end ? left == 0 : from.pos == from.size { return }
            }
        }
        try eachPiece(of: input) { piece in
            hash.update(bufferPointer: piece)
            try feed(piece, ZSTD_e_continue)
        }
        try feed(UnsafeRawBufferPointer(start: nil, count: 0), ZSTD_e_end)
        try output.sync()
        withExtendedLifetime(hash.finalize()) {}
        return watch.read("archive", "zstd -1", rows: rows, bytes: try input.size())
    }

    private static func eachPiece(
        of file: borrowing OpenFile, _ body: (UnsafeRawBufferPointer) throws -> Void
    ) throws {
        let piece = UnsafeMutableRawBufferPointer.allocate(byteCount: pieceSize, alignment: 16)
        defer { piece.deallocate() }
        while true {
            let count = try file.read(into: piece)
            if count == 0 { return }
            try body(UnsafeRawBufferPointer(rebasing: piece[..<count]))
        }
    }
}
