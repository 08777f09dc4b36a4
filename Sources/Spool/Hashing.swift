import BatchCore
import Crypto

/// A SHA-256 that is still growing.
struct GrowingHash {
    private var hash = SHA256()

    /// Takes in the next bytes.
    mutating func update(_ bytes: UnsafeRawBufferPointer) {
        hash.update(bufferPointer: bytes)
    }

    /// The digest of the bytes so far; more may follow.
    var digest: BatchCore.Digest { BatchCore.Digest(Array(hash.finalize())) }
}

/// The digest of bytes that are all there.
func digest(of bytes: [UInt8]) -> BatchCore.Digest {
    BatchCore.Digest(Array(SHA256.hash(data: bytes)))
}
