import BatchCore
import BatchStore
package import Env
import Synchronization

/// The room on the disks: what is free for new work, and which work waits because there was none.
///
/// Two things may happen. Less than `minFree` is left: intake and new input files stop, and all else goes
/// on. Or a write fails, there or in the archive: that one step waits, and is tried again.
package final class DiskRoom: Sendable {
    /// Bytes that must stay free for intake and new input files; 0 switches the guard off.
    package var minFree: Int64 { required.load(ordering: .relaxed) }
    private let required: Atomic<Int64>
    private let folder: String
    private let waiting = Mutex<[Orchestrator.Subject: Wait]>([:])

    /// Nothing rings when somebody frees space.
    static let pause = Duration.seconds(3)

    private struct Wait {
        /// When it is tried again.
        var until: Timestamp
        /// What was tried, and what the disk said.
        var fault: String
    }

    /// The room on the disk of `folder`.
    init(folder: String, minFree: Int64) {
        self.folder = folder
        required = Atomic(minFree)
    }

    /// Asks for so many free bytes from now on.
    func require(_ minFree: Int64) { required.store(minFree, ordering: .relaxed) }

    /// Bytes that are free for us.
    package func free() throws(FileFault) -> Int64 { try FileSystem.available(at: folder) }

    /// True when nothing new may begin.
    func isShort() throws(FileFault) -> Bool { try free() < minFree }

    /// - Throws: `SubmissionRefused.diskFull` when nothing new may begin.
    func requireRoom() throws {
        let free = try free()
        guard free >= minFree else { throw SubmissionRefused.diskFull(free: free, needed: minFree) }
    }

    /// What waits for space, in words for a person; nil when nothing does.
    package func complaint() throws(FileFault) -> String? {
        let waiting = waiting.withLock { $0 }
        if let (subject, wait) = waiting.min(by: { $0.key.description < $1.key.description }) {
            let more = waiting.count > 1 ? " and \(waiting.count - 1) more" : ""
            return
                "The disk is full, and \(subject)\(more) cannot go on: \(wait.fault). It goes on by itself "
                + "when there is space; jobs at Stripe are still looked at."
        }
        let free = try free()
        guard free < minFree else { return nil }
        return
            "The disk is short: \(free.asBytes) are free at \(folder), and \(minFree.asBytes) must stay free. "
            + "Nothing new is accepted or prepared; running jobs end and are archived. Free some space, or "
            + "lower storage.min_free: it goes on by itself."
    }

    /// Notes that work on this subject found no space, and lets it rest; true when it did not rest before.
    func ranOut(_ subject: Orchestrator.Subject, _ error: any Error, at now: Timestamp) -> Bool {
        let wait = Wait(until: now + Self.pause, fault: "\(error)")
        return waiting.withLock { $0.updateValue(wait, forKey: subject) == nil }
    }

    /// Notes that work on this subject has ended well; true when it had found no space before.
    func sufficed(_ subject: Orchestrator.Subject) -> Bool {
        waiting.withLock { $0.removeValue(forKey: subject) != nil }
    }

    /// Until when the subject rests; nil when it does not.
    func rest(of subject: Orchestrator.Subject) -> Timestamp? { waiting.withLock { $0[subject]?.until } }
}

extension Error {
    /// True when a write failed for want of space: nothing of it counts, and later it may succeed.
    package var isOutOfSpace: Bool {
        switch self {
        case let fault as FileFault: fault.isOutOfSpace
        case let fault as StoreFault: fault.isOutOfSpace
        default: false
        }
    }
}
