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
    /// GET: `Event` as JSON Lines, from `since` on, of one `id` when given.
    package static let events = "/v1/events"
    /// GET: `AuditReport` over all workloads.
    package static let audit = "/v1/audit"

    /// GET: `Workload`.
    package static func workload(_ id: String) -> String { "\(workloads)/\(id)" }
    /// GET: rows as JSON Lines with their input, filtered by `state` and `code`; see `Row`.
    package static func rows(_ workload: String) -> String { "\(workloads)/\(workload)/rows" }
    /// GET: final outcomes as JSON Lines, filtered by `state`; `input=true` adds the input.
    package static func results(_ workload: String) -> String { "\(workloads)/\(workload)/results" }
    /// GET: `Explanation`.
    package static func explain(_ workload: String) -> String { "\(workloads)/\(workload)/explain" }
    /// GET: `AuditReport` over one workload.
    package static func audit(_ workload: String) -> String { "\(workloads)/\(workload)/audit" }
    /// POST: answers `Workload`; `now=true` also cancels the running jobs.
    package static func cancel(_ workload: String) -> String { "\(workloads)/\(workload)/cancel" }
    /// GET: `Batch`.
    package static func batch(_ id: String) -> String { "\(batches)/\(id)" }
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
    /// The form of a submitted body; `jsonl` unless said otherwise.
    case format
    /// `true` accepts content that the queue has had before.
    case allowDuplicate = "allow_duplicate"
    /// Only what is in this state.
    case state
    /// Only rows that failed with this error code.
    case code
    /// Only what belongs to this workload.
    case workload
    /// `true` adds each row's input to its outcome.
    case input
    /// `true` also cancels what is running.
    case now
    /// Only events with a greater sequence number.
    case since
    /// Only events of this workload, batch or job.
    case id
}
