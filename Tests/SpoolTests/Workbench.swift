import BatchCore
import Crypto
import Glibc
import Spool

/// The digest of `bytes`, by the library alone.
func sha256(_ bytes: [UInt8]) -> BatchCore.Digest {
    BatchCore.Digest(Array(SHA256.hash(data: bytes)))
}

/// Lines that look like results, `count` bytes in all or a little more.
func resultLines(_ count: Int, seed: UInt64 = 1) -> [UInt8] {
    var state = seed
    var bytes: [UInt8] = []
    while bytes.count < count {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        bytes += Array("{\"id\":\"r-\(state)\",\"status\":200,\"response\":{\"x\":\(state >> 40)}}\n".utf8)
    }
    return bytes
}

func modeBits(_ path: String) -> UInt32 {
    var facts = stat()
    return stat(path, &facts) == 0 ? facts.st_mode & 0o777 : 0
}

extension WorkloadFolder {
    /// Takes in `bytes` as a download would, in pieces of 10,000.
    func download(_ bytes: [UInt8], for batch: BatchID) throws -> ArchivedFacts {
        var writer = try writer(for: batch)
        var position = Int(writer.rawBytes)
        while position < bytes.count {
            let end = min(position + 10_000, bytes.count)
            try bytes[position..<end].withUnsafeBytes { try writer.append($0) }
            position = end
        }
        return try writer.finish()
    }
}

/// Everything that `reader` hands out.
func contents(_ path: String, from offset: Int64 = 0) throws -> [UInt8] {
    var reader = try ResultReader(path, from: offset)
    var bytes: [UInt8] = []
    while try reader.next({ bytes.append(contentsOf: $0) }) {}
    return bytes
}
