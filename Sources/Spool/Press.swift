import BatchCore
import Dispatch
import Synchronization

/// Makes pieces into frames, and hashes them, on a thread of its own, one at a time. It touches no file: whoever hands
/// it a piece writes the frame, and hears of the disk's faults.
final class Press: Sendable {
    private struct Work: ~Copyable {
        let encoder: FrameEncoder
        var facts: GrowingFacts
        var frame: [UInt8] = []
    }

    private let work: Mutex<Work>
    private let queue = DispatchQueue(label: "press")
    private let group = DispatchGroup()

    /// A press for frames that follow those of `facts`.
    init(_ shape: FrameShape, after facts: GrowingFacts = GrowingFacts()) {
        work = Mutex(Work(encoder: FrameEncoder(shape), facts: facts))
    }

    /// Begins with the next piece; the frame of the one before has been taken.
    func begin(_ raw: [UInt8]) {
        queue.async(group: group) { [self] in
            work.withLock { work in
                raw.withUnsafeBytes { raw in
                    let frame = work.encoder.encode(raw)
                    work.facts.add(raw: raw, stored: frame)
                    work.frame = Array(frame)
                }
            }
        }
    }

    /// The last piece as a frame, when it is ready; empty before the first one.
    func takeFrame() -> [UInt8] {
        group.wait()
        return work.withLock { work in
            defer { work.frame = [] }
            return work.frame
        }
    }

    /// What the frames that were taken hold.
    var facts: ArchivedFacts { work.withLock { $0.facts.facts } }
}
