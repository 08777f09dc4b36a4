import BatchCore

/// Fixed values to build cases from.
enum Sample {
    static let start = Timestamp(milliseconds: 1_900_000_000_000)
    static let file = InputFile(bytes: 4_000_000, sha256: Digest([UInt8](repeating: 7, count: 32)))
    static let job = JobID("batchv2_1")
    static let deadline = start + .minutes(5)
    static let intent = CreateIntent(key: IdempotencyKey("key"), body: [1, 2], askedAt: start)
    static let update = Endpoint("POST /v1/customers/:customer")!
    static let create = Endpoint("POST /v1/promotion_codes")!
    static let migrate = Endpoint("POST /v1/subscriptions/:subscription/migrate")!
    static let delete = Endpoint("DELETE /v1/subscriptions/:subscription")!

    /// One phase of each name, in the order of the table.
    static let phases: [BatchPhase] = [
        .staging, .staged(file), .creating(file, intent),
        .awaitingUpload(file, job: job, deadline: deadline),
        .uploading(file, job: job, deadline: deadline), .processing(job: job, pollAt: start),
        .collecting(job: job, .complete, until: start + .days(7)), .archived(job: job, .complete), .settled,
        .released(.windowMissed),
    ]

    /// All statuses, and one that nobody knows.
    static let statuses: [JobStatus] = [
        .readyForUpload, .validating, .inProgress, .cancelling, .complete, .canceled, .validationFailed,
        .batchFailed, .uploadTimeout, .timeout, .unknown("rebalancing"),
    ]

    static let failures: [CallFailure] = [
        .notSent(reason: "no route"), .unanswered(reason: "cut"),
        .refused(status: 429, code: nil, message: nil),
        .refused(status: 400, code: "bad", message: "Bad."),
    ]

    static func snapshot(_ status: JobStatus, id: JobID = job) -> JobSnapshot {
        JobSnapshot(id: id, status: status)
    }

    static func batch(_ phase: BatchPhase, cancelWanted: Bool = false, notBefore: Timestamp = start) -> Batch
    {
        Batch(
            id: BatchID(1), workload: WorkloadID(1), queue: "q", account: "main", rows: 10,
            apiVersion: "2026-09-30.preview",
            context: nil, phase: phase, cancelWanted: cancelWanted, notBefore: notBefore, aliveAt: start)
    }

    static func policy(
        _ endpoint: Endpoint = update, unknown: QueuePolicy.UnknownOutcome = .auto, attempts: Int = 5
    ) -> QueuePolicy {
        QueuePolicy(
            name: "q", account: AccountPolicy(name: "main", apiVersion: "2026-09-30.preview"),
            endpoint: endpoint, retry: RetryPolicy(maxAttempts: attempts), unknownOutcome: unknown)
    }
}
