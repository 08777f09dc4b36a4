/// A moment at which Stripe stops waiting for us: one of its three clocks, as it runs for a batch.
///
/// Source: `stripe-batch-api.md` section 7.
package struct Deadline: Hashable, Sendable {
    /// Which clock.
    package enum Kind: String, Hashable, Sendable, CaseIterable {
        /// The job takes its file, and a create can be asked again, for five minutes.
        case upload
        /// The job may run for 24 hours.
        case processing
        /// The results can be had for seven days.
        case results
    }

    /// How near it is. The raw values are the words people see.
    package enum Urgency: String, Hashable, Sendable, Comparable, CaseIterable {
        case ok, soon, urgent, missed

        /// Orders by nearness.
        package static func < (a: Self, b: Self) -> Bool {
            allCases.firstIndex(of: a)! < allCases.firstIndex(of: b)!
        }
    }

    /// Which clock runs.
    package let kind: Kind
    /// When it runs out.
    package let at: Timestamp

    /// A clock and its end.
    package init(_ kind: Kind, at: Timestamp) {
        self.kind = kind
        self.at = at
    }

    /// What is left; negative when it has passed.
    package func slack(at now: Timestamp) -> Duration { at - now }

    /// How near it is. Results are in the archive minutes after a job ends; days later something is wrong.
    package func urgency(at now: Timestamp) -> Urgency {
        let slack = slack(at: now)
        if slack <= .zero { return .missed }
        if slack <= kind.urgent { return .urgent }
        return slack <= kind.soon ? .soon : .ok
    }

    /// True when a person should know: not for an upload, which is always a matter of minutes and can be had again.
    package func alarms(at now: Timestamp) -> Bool { kind != .upload && urgency(at: now) >= .soon }

    /// When it becomes more urgent next; nil when it was missed.
    package func nextChange(after now: Timestamp) -> Timestamp? {
        [at - kind.soon, at - kind.urgent, at].first { $0 > now }
    }
}

extension Deadline.Kind {
    /// What happens then, for people.
    package var story: String {
        switch self {
        case .upload: "upload window closes"
        case .processing: "Stripe's 24 hours end"
        case .results: "results expire"
        }
    }

    fileprivate var soon: Duration {
        switch self {
        case .upload: .minutes(2)
        case .processing: .hours(4)
        case .results: .days(3)
        }
    }

    fileprivate var urgent: Duration {
        switch self {
        case .upload: .minutes(1)
        case .processing: .hours(1)
        case .results: .days(1)
        }
    }
}

extension Deadline {
    /// The clock that runs in a phase; nil when none does.
    ///
    /// - Parameter moment: when the job was asked for (`creating`), when it began to run (`processing`), or what
    ///   Stripe said itself.
    package init?(_ phase: BatchPhase.Kind, _ moment: Timestamp, _ limits: Limits) {
        switch phase {
        case .staging, .staged, .archived, .settled, .released: return nil
        case .creating: self.init(.upload, at: moment + limits.uploadWindow)
        case .awaitingUpload, .uploading: self.init(.upload, at: moment)
        case .processing: self.init(.processing, at: moment + limits.processing)
        case .collecting: self.init(.results, at: moment)
        }
    }
}

extension Batch {
    /// The clock that runs for the batch; nil when none does.
    package func deadline(_ limits: Limits) -> Deadline? {
        let moment: Timestamp? =
            switch phase {
            case .creating(_, let intent): intent.askedAt
            case .awaitingUpload(_, _, let deadline), .uploading(_, _, let deadline): deadline
            case .processing: runsSince
            case .collecting(_, _, let until): until
            case .staging, .staged, .archived, .settled, .released: nil
            }
        return moment.flatMap { Deadline(phase.kind, $0, limits) }
    }
}
