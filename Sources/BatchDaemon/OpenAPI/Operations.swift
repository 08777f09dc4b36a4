import BatchCore
import ControlAPI

/// What a route does, for its description.
struct Operation: Sendable {
    enum Answer: Sendable {
        /// One JSON document.
        case document(any (Decodable & Sendable).Type)
        /// One of two JSON documents.
        case either(any (Decodable & Sendable).Type, any (Decodable & Sendable).Type)
        /// JSON Lines, each such a document.
        case lines(any (Decodable & Sendable).Type)
        /// Bytes of this type.
        case bytes(String)
        case text
    }

    enum Body: Sendable {
        case none
        /// A file of rows.
        case rows
        /// One JSON document, which may be left out.
        case document(any (Decodable & Sendable).Type)
    }

    let summary: String
    let answer: Answer
    var body = Body.none
    /// Statuses of a success.
    var good = [200]
    /// Statuses of a refusal, besides 400 and what its parameters bring.
    var bad: [Int] = []
}

extension Operation {
    /// All of them, by method and path. A test holds them to the routes there are.
    static let all: [String: Operation] = reading.merging(doing) { $1 }

    private static let reading: [String: Operation] = [
        "GET /v1/status": Operation(
            summary: "What the daemon does, what it waits for, and what waits for a person",
            answer: .document(Status.self)),
        "GET /v1/workloads": Operation(
            summary: "Workloads, the newest first", answer: .document(List<Workload>.self)),
        "GET /v1/workloads/{id}": Operation(summary: "One workload", answer: .document(Workload.self)),
        "GET /v1/workloads/{id}/rows": Operation(
            summary: "Its rows with their input, as submitted", answer: .lines(Row.self)),
        "GET /v1/workloads/{id}/results": Operation(
            summary: "The final outcome of each row, once a row", answer: .lines(Row.self)),
        "GET /v1/workloads/{id}/explain": Operation(
            summary: "Why it is in its state, or one of its rows is", answer: .document(Explanation.self)),
        "GET /v1/workloads/{id}/audit": Operation(
            summary: "Every count of it derived anew, and compared", answer: .document(AuditReport.self)),
        "GET /v1/batches": Operation(
            summary: "Batches, the newest first", answer: .document(List<ControlAPI.Batch>.self)),
        "GET /v1/batches/{id}": Operation(summary: "One batch", answer: .document(ControlAPI.Batch.self)),
        "GET /v1/batches/{id}/explain": Operation(
            summary: "Why it is in its state", answer: .document(Explanation.self)),
        "GET /v1/jobs": Operation(
            summary: "Stripe's jobs, as they were last seen", answer: .document(List<Job>.self)),
        "GET /v1/jobs/{id}": Operation(summary: "One job", answer: .document(Job.self)),
        "GET /v1/jobs/{id}/explain": Operation(
            summary: "Why its batch is in its state", answer: .document(Explanation.self)),
        "GET /v1/deadlines": Operation(
            summary: "Every clock that runs, the most urgent first",
            answer: .document(List<ControlAPI.Deadline>.self)),
        "GET /v1/queues": Operation(
            summary: "The queues of the configuration", answer: .document(List<Queue>.self)),
        "GET /v1/events": Operation(
            summary: "The history, up to now or as it grows", answer: .lines(Event.self)),
        "GET /v1/audit": Operation(
            summary: "Every count derived anew, and compared", answer: .document(AuditReport.self)),
        "GET /v1/archive": Operation(
            summary: "The jobs in the archive, the oldest first", answer: .document(List<ArchivedJob>.self),
            bad: [500]),
        "GET /v1/archive/verify": Operation(
            summary: "Every file of the archive read, and compared with its manifest",
            answer: .document(ArchiveReport.self)),
        "GET /v1/archive/jobs/{id}": Operation(
            summary: "One job in the archive", answer: .document(ArchivedJob.self), bad: [500]),
        "GET /v1/archive/jobs/{id}/results": Operation(
            summary: "Its results, every byte that Stripe returned", answer: .bytes("application/jsonl"),
            bad: [409, 500]),
        "GET /v1/doctor": Operation(
            summary: "What the daemon stands on, and what to do about it",
            answer: .document(DoctorReport.self)),
        "GET /v1/openapi.json": Operation(summary: "This document", answer: .bytes("application/json")),
        "GET /metrics": Operation(
            summary: "What was counted, and how much is left, for Prometheus", answer: .text),
        "GET /healthz": Operation(summary: "Whether the daemon answers", answer: .text),
        "GET /readyz": Operation(
            summary: "Whether the daemon has taken up its work", answer: .text, good: [200, 503]),
    ]

    private static let doing: [String: Operation] = [
        "POST /v1/workloads": Operation(
            summary: "Submits a file of rows; answers when they are durable",
            answer: .either(SubmitAnswer.self, DryRunAnswer.self), body: .rows, good: [200, 201],
            bad: [404, 409, 422, 503]),
        "POST /v1/workloads/{id}/pause": Operation(
            summary: "Begins no new job for it", answer: .document(Workload.self), bad: [409]),
        "POST /v1/workloads/{id}/resume": Operation(
            summary: "Lets it go on that was paused or held", answer: .document(Workload.self), bad: [409]),
        "POST /v1/workloads/{id}/cancel": Operation(
            summary: "Gives up what has not run", answer: .document(Workload.self), bad: [409]),
        "POST /v1/workloads/{id}/retry": decision("Sends failed or held rows again"),
        "POST /v1/workloads/{id}/release": decision("Sends held rows again"),
        "POST /v1/workloads/{id}/fail": decision("Gives held rows up"),
        "POST /v1/queues/{id}/pause": Operation(
            summary: "Begins no new job in the queue", answer: .document(Queue.self), bad: [409]),
        "POST /v1/queues/{id}/resume": Operation(
            summary: "Lets the queue go on", answer: .document(Queue.self), bad: [409]),
        "POST /v1/pause": Operation(
            summary: "Begins no new job at all", answer: .document(Status.self), bad: [409]),
        "POST /v1/backup": Operation(
            summary: "A copy of the database as it is now", answer: .bytes("application/vnd.sqlite3"),
            bad: [503]),
        "POST /v1/resume": Operation(
            summary: "Lets everything go on that was paused as a whole", answer: .document(Status.self),
            bad: [409]),
    ]

    private static func decision(_ summary: String) -> Operation {
        Operation(
            summary: summary, answer: .document(DecisionAnswer.self), body: .document(DecisionRequest.self),
            bad: [409, 413, 503])
    }
}

extension Operation {
    /// The states that can be asked for, where they are a closed set.
    static let states: [String: [String]] = [
        Routes.workloads: BatchCore.WorkloadState.allCases.map(\.rawValue),
        Routes.rows("{id}"): BatchCore.RowState.allCases.map(\.word),
        Routes.results("{id}"): BatchCore.RowState.allCases.filter(\.isOutcome).map(\.word),
        Routes.retry("{id}"): ["failed", "held"],
        Routes.batches: BatchPhase.names,
        Routes.queues: ["idle", "running", "paused"],
    ]
}

extension QueryName {
    /// What it means, for the description, and the schema of its value.
    var described: (text: String, type: String, format: String?) {
        switch self {
        case .queue: ("The name of a queue", "string", nil)
        case .name: ("The name of the workload", "string", nil)
        case .key:
            ("The caller's own key: the same key with the same content is the same workload", "string", nil)
        case .format: ("The form of the body", "string", nil)
        case .allowDuplicate: ("Accept content that the queue has had before", "boolean", nil)
        case .skipInvalid: ("Leave bad rows out instead of refusing everything", "boolean", nil)
        case .dryRun: ("Check it and keep nothing; answers what would be sent", "boolean", nil)
        case .confirm:
            (
                "On a live account: the workload's name, to show that it is the one that is meant", "string",
                nil
            )
        case .state: ("Only what is in this state", "string", nil)
        case .code: ("Only rows whose last error has this code", "string", nil)
        case .priority: ("A greater one goes first", "integer", nil)
        case .startAfter: ("No job is begun before", "string", "date-time")
        case .row: ("The id of a row", "string", nil)
        case .reason: ("Why, for the history", "string", nil)
        case .until: ("When it ends by itself", "string", "date-time")
        case .workload: ("Only what belongs to this workload", "string", nil)
        case .input: ("Add each row's input", "boolean", nil)
        case .now: ("Also cancel the running jobs", "boolean", nil)
        case .since: ("Only events with a greater number", "integer", "int64")
        case .follow: ("Go on with events as they come", "boolean", nil)
        case .stored: ("As it is stored: compressed by zstd", "boolean", nil)
        case .id: ("Only events of this workload, batch or job", "string", nil)
        }
    }
}
