import Glibc
import Synchronization

/// The places where a crash must be harmless: every commit, every rename, every send.
///
/// A point is passed just *after* the step it names. The labels are what `BATCHD_FAULT` takes.
package enum FaultPoint: String, CaseIterable, Sendable {
    // The commits of the lifecycle, in the order of its table.
    case stagingCommitted = "staging-committed"
    case stagedCommitted = "staged-committed"
    case creatingCommitted = "creating-committed"
    case awaitingUploadCommitted = "awaiting-upload-committed"
    case uploadingCommitted = "uploading-committed"
    case processingCommitted = "processing-committed"
    case collectingCommitted = "collecting-committed"
    case archivedCommitted = "archived-committed"
    case settleChunkCommitted = "settle-chunk-committed"
    case settledCommitted = "settled-committed"
    case releasedCommitted = "released-committed"
    case cancelCommitted = "cancel-committed"
    case cancelChunkCommitted = "cancel-chunk-committed"

    // The calls to Stripe: answered, and not yet recorded.
    case createAnswered = "create-answered"
    case retrieveAnswered = "retrieve-answered"
    case cancelAnswered = "cancel-answered"
    case uploadAnswered = "upload-answered"
    case downloadEnded = "download-ended"

    // The steps on disk.
    case inputWritten = "input-written"
    case inputSynced = "input-synced"
    case inputRenamed = "input-renamed"
    case inputPublished = "input-published"
    case inputRemoved = "input-removed"
    case frameWritten = "frame-written"
    case resultsSynced = "results-synced"
    case resultsRenamed = "results-renamed"
    case manifestRenamed = "manifest-renamed"
    case jobFolderSynced = "job-folder-synced"
    case jobFolderRenamed = "job-folder-renamed"
    case jobFolderPublished = "job-folder-published"
    case outcomeSynced = "outcome-synced"
    case outcomeRenamed = "outcome-renamed"
    case summaryRenamed = "summary-renamed"
}

/// What happens at a fault point: nothing, except where a test wants a crash.
package struct Faults: Sendable {
    private let reach: (@Sendable (FaultPoint) -> Void)?

    /// Nothing ever happens.
    package static let none = Faults(reach: nil)

    /// Calls `reach` at every point, on the thread that passes it.
    package init(_ reach: @escaping @Sendable (FaultPoint) -> Void) {
        self.init(reach: reach)
    }

    private init(reach: (@Sendable (FaultPoint) -> Void)?) {
        self.reach = reach
    }

    /// Says that the step `point` has just been done.
    package func hit(_ point: FaultPoint) {
        reach?(point)
    }

    /// Kills this process at the point that `BATCHD_FAULT` names: `label`, or `label:n` for its nth passing.
    /// With `label:n:stop` it only stops, with everything in its hands, so that the disk can be copied.
    ///
    /// Only debug builds listen. In a release build this is `none`, so that no variable in its
    /// environment can make an installed daemon kill itself.
    package static func environment() -> Faults {
        #if DEBUG
            guard let setting = getenv("BATCHD_FAULT").map({ String(cString: $0) }), !setting.isEmpty else {
                return .none
            }
            guard let fault = Faults(killingAt: setting) else {
                fatalError("BATCHD_FAULT names no fault point: \(setting)")
            }
            return fault
        #else
            return .none
        #endif
    }

    /// Raises SIGKILL at `label` or `label:n`, and SIGSTOP at `label:n:stop`; nil when there is no such point.
    package init?(killingAt setting: String) {
        let parts = setting.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count <= 3, let fatal = FaultPoint(rawValue: String(parts[0])),
            let nth = parts.count == 1 ? 1 : Int(parts[1]), nth >= 1,
            parts.count < 3 || parts[2] == "stop"
        else { return nil }
        let countdown = Countdown(nth)
        let signal = parts.count == 3 ? SIGSTOP : SIGKILL
        self.init(reach: { point in
            if point == fatal, countdown.reachesZero() {
                kill(getpid(), signal)
            }
        })
    }
}

private final class Countdown: Sendable {
    private let left: Atomic<Int>

    init(_ count: Int) {
        left = Atomic(count)
    }

    func reachesZero() -> Bool {
        left.subtract(1, ordering: .relaxed).newValue == 0
    }
}
