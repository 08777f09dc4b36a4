import BatchCore
import Dispatch
import Synchronization

/// Hashes and compresses pieces on a thread of its own, one at a time. It touches no file: whoever hands it a piece
/// writes the result, and hears of the disk's faults.
final class Press: Sendable {
    private struct Work: ~Copyable {
        let encoder: FrameEncoder
        var hash = GrowingHash()
        var stored: [UInt8] = []
    }

    private let work: Mutex<Work>
    private let queue = DispatchQueue(label: "press")
    private let group = DispatchGroup()

    init(_ shape: FrameShape) {
        work = Mutex(Work(encoder: FrameEncoder(shape)))
    }

    /// Begins with the next piece; the result of the one before has been taken.
    func begin(_ raw: [UInt8]) {
        queue.async(group: group) { [self] in
            work.withLock { work in
                raw.withUnsafeBytes { raw in
                    work.hash.update(raw)
                    work.stored = Array(work.encoder.encode(raw))
                }
            }
        }
    }

    /// The last piece as a frame, when it is ready; empty before the first one.
    func result() -> [UInt8] {
        group.wait()
        return work.withLock { work in
            defer { work.stored = [] }
            return work.stored
        }
    }

    /// The digest of all pieces whose results were taken.
    var digest: Digest { work.withLock { $0.hash.digest } }
}
