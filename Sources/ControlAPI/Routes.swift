/// The paths of the control socket, written once for the daemon and its clients.
///
/// A path that names an object is a function of its id. The daemon passes its
/// router's placeholder: `Routes.workload(":id")`.
package enum Routes {
    /// GET: `Status`.
    package static let status = "/v1/status"
    /// GET: `List<Workload>`, filtered by `queue` and `state`.
    ///
    /// POST: the body is the input file, streamed; answers `SubmitAnswer`.
    package static let workloads = "/v1/workloads"
    /// GET: `List<Batch>`, filtered by `state`, `queue` and `workload`.
    package static let batches = "/v1/batches"
    /// GET: `List<Job>`, filtered by `state`, `queue` and `workload`.
    package static let jobs = "/v1/jobs"
    /// GET: `List<Deadline>`, the most urgent first, filtered by `queue` and `workload`.
    package static let deadlines = "/v1/deadlines"
    /// GET: `List<Queue>`, filtered by `state`.
    package static let queues = "/v1/queues"
    /// GET: `Event` as JSON Lines, after `since`, of one `id` when given; with `follow=true` they go on as they come.
    package static let events = "/v1/events"
    /// GET: `List<ArchivedJob>`, the oldest first, filtered by `queue` and `workload`.
    package static let archive = "/v1/archive"
    /// GET: `ArchiveReport` over all of the archive, or over one `workload`.
    package static let verifyArchive = "/v1/archive/verify"
    /// GET: `DoctorReport`: what the daemon finds of its own surroundings.
    package static let doctor = "/v1/doctor"
    /// GET: the description of all this, as OpenAPI has it.
    package static let openAPI = "/v1/openapi.json"
    /// GET: Prometheus text.
    package static let metrics = "/metrics"
    /// POST: begins no new job at all, with a `reason` and `until` when; answers `Status`.
    package static let pauseAll = "/v1/pause"
    /// POST: lets everything go on that is paused as a whole; answers `Status`.
    package static let resumeAll = "/v1/resume"
    /// POST: a copy of the database as of now, as bytes.
    package static let backup = "/v1/backup"
    /// GET: `AuditReport` over all workloads.
    package static let audit = "/v1/audit"

    /// GET: `Workload`.
    package static func workload(_ id: String) -> String { "\(workloads)/\(id)" }
    /// GET: rows as JSON Lines with their input, filtered by `state` and `code`; see `Row`.
    package static func rows(_ workload: String) -> String { "\(workloads)/\(workload)/rows" }
    /// GET: final outcomes as JSON Lines, filtered by `state`; `input=true` adds the input.
    package static func results(_ workload: String) -> String { "\(workloads)/\(workload)/results" }
    /// GET: `Explanation`, of one `row` when given.
    package static func explain(_ workload: String) -> String { "\(workloads)/\(workload)/explain" }
    /// GET: `AuditReport` over one workload.
    package static func audit(_ workload: String) -> String { "\(workloads)/\(workload)/audit" }
    /// POST: begins no new job for it, with a `reason` and `until` when; answers `Workload`.
    package static func pause(_ workload: String) -> String { "\(workloads)/\(workload)/pause" }
    /// POST: lets it go on that was paused or held; answers `Workload`.
    package static func resume(_ workload: String) -> String { "\(workloads)/\(workload)/resume" }
    /// POST: sends rows in `state` again, `held` or `failed`, all or those with `code`; answers `DecisionAnswer`.
    package static func retry(_ workload: String) -> String { "\(workloads)/\(workload)/retry" }
    /// POST: sends held rows again, those in the body, a `DecisionRequest`, or all; answers `DecisionAnswer`.
    package static func release(_ workload: String) -> String { "\(workloads)/\(workload)/release" }
    /// POST: gives held rows up, those in the body, a `DecisionRequest`, or all; answers `DecisionAnswer`.
    package static func fail(_ workload: String) -> String { "\(workloads)/\(workload)/fail" }
    /// POST: answers `Workload`; `now=true` also cancels the running jobs.
    package static func cancel(_ workload: String) -> String { "\(workloads)/\(workload)/cancel" }
    /// POST: begins no new job in the queue, with a `reason` and `until` when; answers `Queue`.
    package static func pauseQueue(_ name: String) -> String { "\(queues)/\(name)/pause" }
    /// POST: lets the queue go on; answers `Queue`.
    package static func resumeQueue(_ name: String) -> String { "\(queues)/\(name)/resume" }
    /// GET: `Batch`.
    package static func batch(_ id: String) -> String { "\(batches)/\(id)" }
    /// GET: `Explanation`.
    package static func explainBatch(_ id: String) -> String { "\(batches)/\(id)/explain" }
    /// GET: `Explanation` of the batch that the job carries.
    package static func explainJob(_ id: String) -> String { "\(jobs)/\(id)/explain" }
    /// GET: `ArchivedJob`.
    package static func archivedJob(_ id: String) -> String { "\(archive)/jobs/\(id)" }
    /// GET: the results of a job in the archive, every byte that Stripe returned; `stored=true` for them compressed.
    package static func archivedResults(_ id: String) -> String { "\(archive)/jobs/\(id)/results" }
    /// GET: `Job`.
    package static func job(_ id: String) -> String { "\(jobs)/\(id)" }
}

/// The names of the query parameters of the control socket.
package enum QueryName: String, Sendable {
    /// The name of a queue: where to submit, or what to list.
    case queue
    /// The name that a person gives a workload.
    case name
    /// The caller's own key: the same key with the same content is the same workload.
    case key
    /// The form of a submitted body, `jsonl` or `csv`; `jsonl` unless said otherwise.
    case format
    /// `true` accepts content that the queue has had before.
    case allowDuplicate = "allow_duplicate"
    /// A submission: `true` leaves bad rows out instead of refusing everything.
    case skipInvalid = "skip_invalid"
    /// A submission: `true` checks it, keeps nothing, and answers `DryRunAnswer`.
    case dryRun = "dry_run"
    /// A decision about a workload of a live account: the workload's name, to show that it is the one that is meant.
    case confirm
    /// Only what is in this state.
    case state
    /// Only rows that failed with this error code.
    case code
    /// A submission: a greater one goes first, within its queue.
    case priority
    /// A submission: RFC 3339, no job is begun before it.
    case startAfter = "start_after"
    /// A row's id.
    case row
    /// Why a person does this, in their words.
    case reason
    /// RFC 3339: when a pause ends by itself.
    case until
    /// Only what belongs to this workload.
    case workload
    /// `true` gives a file as it is stored, compressed.
    case stored
    /// `true` adds each row's input to its outcome.
    case input
    /// `true` also cancels what is running.
    case now
    /// Only events with a greater sequence number.
    case since
    /// `true` goes on with events as they come.
    case follow
    /// Only events of this workload, batch or job.
    case id
}
