/// Where a batch stands on its way to Stripe and back: the table of `Sources/README.md`, as values.
///
/// Each phase is durable before the next effect begins, so a crash at any
/// moment leaves one of these, and each says what a restart does.
package enum BatchPhase: Hashable, Sendable {
    /// Rows are claimed. Exits: `staged`; `released` (canceled).
    case staging
    /// The input file is on disk; nothing was asked of Stripe. Exits: `creating`; `released` (canceled,
    /// too large for the upload window at the throughput seen).
    case staged(InputFile)
    /// We may have asked for a job. It has no effect before its file arrives, and asking again
    /// with the same key is how we find out. Exits: `awaitingUpload`; `creating` (with a new key, once
    /// a job of the old one could no longer take a file); `released` (refused, canceled).
    case creating(InputFile, CreateIntent)
    /// The job exists and takes its file until `deadline`. Exits: `uploading`; `released` (too late, canceled).
    case awaitingUpload(InputFile, job: JobID, deadline: Timestamp)
    /// Stripe may have the file. Exits: `processing`; `collecting`; `released`, but only after Stripe
    /// said `upload_timeout`: a timer proves nothing.
    case uploading(InputFile, job: JobID, deadline: Timestamp)
    /// Stripe has the file; rows may be executing. Exits: `collecting`; `released` (as above).
    case processing(job: JobID, pollAt: Timestamp)
    /// The job has ended; its results can be had until `until`. Exits: `archived`.
    case collecting(job: JobID, JobEnding, until: Timestamp)
    /// The results are ours, published in the archive. Rows are settled from there. Exits: `settled`.
    case archived(job: JobID, JobEnding)
    /// Every row has an outcome, is queued again, or is held.
    case settled
    /// Nothing of it ran; its rows are queued again, with no attempt spent.
    case released(ReleaseReason)
}

/// The finished input file of a batch.
package struct InputFile: Hashable, Sendable {
    /// Its size in bytes.
    package var bytes: Int64
    /// The digest of its bytes.
    package var sha256: Digest

    /// What was written.
    package init(bytes: Int64, sha256: Digest) {
        self.bytes = bytes
        self.sha256 = sha256
    }
}

/// That we are about to ask for a job, or have asked.
package struct CreateIntent: Hashable, Sendable {
    /// The same for every try.
    package var key: IdempotencyKey
    /// The request body, byte for byte the same for every try.
    package var body: [UInt8]
    /// When this key was first used.
    package var askedAt: Timestamp

    /// An intent.
    package init(key: IdempotencyKey, body: [UInt8], askedAt: Timestamp) {
        self.key = key
        self.body = body
        self.askedAt = askedAt
    }
}

/// Why a batch was given up before anything of it ran. The raw values are stored.
package enum ReleaseReason: String, Hashable, Sendable, CaseIterable {
    /// Too little of the upload window was left.
    case windowMissed = "window_missed"
    /// At what was seen meanwhile, its file would not fit into the window, or its rows not into a day.
    case tooLarge = "too_large"
    /// Stripe said that no file came in time.
    case uploadTimeout = "upload_timeout"
    /// Stripe refused to make the job.
    case createRefused = "create_refused"
    /// The workload was canceled before the file was sent.
    case canceled
    /// The workload was held, or a person paused it, before a job was asked for.
    case stopped
    /// Its queue belongs to another account now, and its file was not sent to the old one.
    case accountChanged = "account_changed"
}

/// What happened to a batch.
package enum BatchEvent: Hashable, Sendable {
    /// The input file is on disk, synced and renamed.
    case staged(InputFile)
    /// A job is about to be asked for.
    case willCreate(CreateIntent)
    /// Stripe answered the create, or the replay of one.
    case created(JobSnapshot)
    /// The file is about to be sent.
    case willUpload
    /// Stripe took the whole file.
    case uploaded
    /// A look at the job, or the answer to a cancel.
    case observed(JobSnapshot)
    /// A call failed, whichever.
    case failed(CallFailure)
    /// The results are published in the archive, or the job left none.
    case archived
    /// The results can no longer be had.
    case resultsLost
    /// The last row was settled.
    case settled
    /// Give up before anything ran.
    case release(ReleaseReason)
}

/// An event that the phase does not allow: a bug, or a record that went stale.
package struct IllegalEvent: Error, Hashable, Sendable {
    /// The phase's name.
    package let phase: String
    /// The event's name.
    package let event: String
}

extension BatchPhase {
    /// The phase after `event`.
    ///
    /// `lastAlive` is the last moment at which the job was known not to have ended: the seven days of its
    /// results may have begun right after it. `poll` is the pause before the next look.
    /// - Throws: `IllegalEvent` when the phase does not allow it; nothing has changed then.
    package func after(
        _ event: BatchEvent, at now: Timestamp, lastAlive: Timestamp, poll: Duration, limits: Limits
    ) throws(IllegalEvent) -> BatchPhase {
        switch (self, event) {
        case (.staging, .staged(let file)):
            return .staged(file)
        case (.staged(let file), .willCreate(let intent)), (.creating(let file, _), .willCreate(let intent)):
            return .creating(file, intent)
        case (.creating(let file, let intent), .created(let job)):
            return Self.placed(job, file, askedAt: intent.askedAt, limits: limits)
        case (.awaitingUpload(let file, let job, let deadline), .willUpload):
            return .uploading(file, job: job, deadline: deadline)
        case (.uploading(_, let job, _), .uploaded):
            return .processing(job: job, pollAt: now + poll)
        case (.awaitingUpload, .observed(let seen)), (.uploading, .observed(let seen)),
            (.processing, .observed(let seen)):
            return observing(seen, at: now, lastAlive: lastAlive, poll: poll, limits: limits)
        case (.collecting(let job, let ending, _), .archived):
            return .archived(job: job, ending)
        case (.collecting(let job, _, _), .resultsLost):
            return .archived(job: job, .resultsExpired)
        case (.archived, .settled):
            return .settled
        case (.staging, .release(let reason)), (.staged, .release(let reason)),
            (.creating, .release(let reason)), (.awaitingUpload, .release(let reason)):
            return .released(reason)
        case (.processing(let job, _), .failed):
            return .processing(job: job, pollAt: now + poll)
        case (_, .failed):
            return self  // Asked again after a pause; what is unknown stays unknown.
        default:
            throw IllegalEvent(phase: name, event: event.name)
        }
    }

    /// The answer to a create. A replay shows the job as it is now, which may be past its window.
    ///
    /// The deadline is counted on our own clock, from the first time the job was asked for: the job is no
    /// older than that, and a clock that differs from Stripe's does no harm.
    private static func placed(
        _ job: JobSnapshot, _ file: InputFile, askedAt: Timestamp, limits: Limits
    ) -> BatchPhase {
        switch job.status {
        case .readyForUpload, .unknown:
            var window = limits.uploadWindow
            if let created = job.created, let deadline = job.uploadDeadline { window = deadline - created }
            return .awaitingUpload(file, job: job.id, deadline: askedAt + window)
        default:
            // No file of ours was sent under this key, so the job is dead and the rows did not run.
            return .released(.uploadTimeout)
        }
    }

    private func observing(
        _ seen: JobSnapshot, at now: Timestamp, lastAlive: Timestamp, poll: Duration, limits: Limits
    ) -> BatchPhase {
        if seen.status == .uploadTimeout { return .released(.uploadTimeout) }
        switch self {
        case .awaitingUpload:
            if seen.status == .readyForUpload { return self }
            // Canceled before its file was sent: nothing ran.
            if seen.status == .canceled { return .released(.canceled) }
            if seen.status == .cancelling { return self }
        case .uploading where seen.status == .readyForUpload:
            return self
        default: break
        }
        if let ending = seen.status.ending {
            return .collecting(job: seen.id, ending, until: lastAlive + limits.results)
        }
        return .processing(job: seen.id, pollAt: now + poll)
    }

    /// Which phase it is, without what is known in it.
    package var kind: Kind {
        switch self {
        case .staging: .staging
        case .staged: .staged
        case .creating: .creating
        case .awaitingUpload: .awaitingUpload
        case .uploading: .uploading
        case .processing: .processing
        case .collecting: .collecting
        case .archived: .archived
        case .settled: .settled
        case .released: .released
        }
    }

    /// The name, as stored and as in the table.
    package var name: String { kind.rawValue }

    /// Every name, in the order of the table.
    package static let names = Kind.allCases.map(\.rawValue)

    /// As in `Kind`.
    package var isBeforeUpload: Bool { kind.isBeforeUpload }
    /// As in `Kind`.
    package var needsItsAccount: Bool { kind.needsItsAccount }
    /// As in `Kind`.
    package var isWatched: Bool { kind.isWatched }
    /// As in `Kind`.
    package var isPrepared: Bool { kind.isPrepared }
    /// As in `Kind`.
    package var holdsSlot: Bool { kind.holdsSlot }

    /// Stripe's job, once there is one.
    package var job: JobID? {
        switch self {
        case .awaitingUpload(_, let job, _), .uploading(_, let job, _), .processing(let job, _),
            .collecting(let job, _, _), .archived(let job, _):
            job
        case .staging, .staged, .creating, .settled, .released: nil
        }
    }

    /// The file that is on its way, or about to be.
    package var fileUnderWay: InputFile? {
        switch self {
        case .creating(let file, _), .awaitingUpload(let file, _, _), .uploading(let file, _, _): file
        default: nil
        }
    }
}

extension BatchPhase {
    /// The phases by name, in the order of the table. The raw values are stored.
    package enum Kind: String, Hashable, Sendable, CaseIterable {
        case staging, staged, creating
        case awaitingUpload = "awaiting_upload"
        case uploading, processing, collecting, archived, settled, released

        /// True while nothing of its file was sent: whatever was asked for has no effect.
        package var isBeforeUpload: Bool {
            switch self {
            case .staging, .staged, .creating, .awaitingUpload: true
            case .uploading, .processing, .collecting, .archived, .settled, .released: false
            }
        }

        /// True while its job has something that is only to be had under the account in which it was made.
        package var needsItsAccount: Bool {
            switch self {
            case .uploading, .processing, .collecting: true
            case .staging, .staged, .creating, .awaitingUpload, .archived, .settled, .released: false
            }
        }

        /// True while Stripe is waited for without results being near: what is looked at again and again.
        package var isWatched: Bool {
            switch self {
            case .awaitingUpload, .uploading, .processing: true
            default: false
            }
        }

        /// True while no job was asked for.
        package var isPrepared: Bool {
            switch self {
            case .staging, .staged: true
            default: false
            }
        }

        /// True while a job of it may exist at Stripe and not have ended: it takes one of the account's slots.
        package var holdsSlot: Bool {
            switch self {
            case .creating, .awaitingUpload, .uploading, .processing: true
            case .staging, .staged, .collecting, .archived, .settled, .released: false
            }
        }

        /// True when no journey of its rows is under way any more.
        package var isOver: Bool { self == .settled || self == .released }
    }
}

extension BatchEvent {
    /// The name, for errors and the history.
    package var name: String {
        switch self {
        case .staged: "staged"
        case .willCreate: "will_create"
        case .created: "created"
        case .willUpload: "will_upload"
        case .uploaded: "uploaded"
        case .observed: "observed"
        case .failed: "failed"
        case .archived: "archived"
        case .resultsLost: "results_lost"
        case .settled: "settled"
        case .release: "release"
        }
    }
}
