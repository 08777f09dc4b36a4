import BatchCore
import Dispatch
import Synchronization

/// Makes pieces into frames, and hashes them, on a thread of its own, one at a time. It touches no file: whoever hands
/// it a piece writes the frame, and hears of the disk's faults.
final class Press: Sendable {
    private struct Work: ~Copyable {
        let encoder: FrameEncoder
        var facts: GrowingFacts
        var frames: [UInt8] = []
    }

    private let work: Mutex<Work>
    private let frameSize: Int
    private let queue = DispatchQueue(label: "press")
    private let group = DispatchGroup()

    /// A press for frames that follow those of `facts`.
    init(_ shape: FrameShape, after facts: GrowingFacts = GrowingFacts()) {
        frameSize = shape.rawLimit
        work = Mutex(Work(encoder: FrameEncoder(shape), facts: facts))
    }

    /// Begins with the next piece; the frames of the one before have been taken.
    func begin(_ raw: [UInt8]) {
        queue.async(group: group) { [self] in
            work.withLock { work in
                raw.withUnsafeBytes { raw in
                    var rest = raw
                    repeat {
                        let part = UnsafeRawBufferPointer(rebasing: rest.prefix(frameSize))
                        let frame = work.encoder.encode(part)
                        work.facts.add(raw: part, stored: frame)
                        work.frames.append(contentsOf: frame)
                        rest = UnsafeRawBufferPointer(rebasing: rest.dropFirst(frameSize))
                    } while !rest.isEmpty
                }
            }
        }
    }

    /// The last piece as frames, when they are ready; empty before the first one.
    func takeFrames() -> [UInt8] {
        group.wait()
        return work.withLock { work in
            defer { work.frames = [] }
            return work.frames
        }
    }

    /// What the frames that were taken hold.
    var facts: ArchivedFacts { work.withLock { $0.facts.facts } }
}
