import BatchCore
package import CoreMetrics

/// What is counted on the way, for whoever watches the daemon. A restart begins at 0, as Prometheus expects it.
///
/// Nothing is decided by it. Each method is called once for a file or a chunk, never for a row.
package struct Meters: Sendable {
    private let factory: any MetricsFactory

    /// Meters that tell `factory`; without one nothing is counted.
    package init(_ factory: any MetricsFactory = NOOPMetricsHandler.instance) {
        self.factory = factory
    }

    /// Rows were accepted.
    func accepted(_ rows: Int64, in queue: String) {
        count("batchd_accepted_rows_total", ("queue", queue), by: rows)
    }

    /// A file was sent, or a part of it.
    func uploaded(_ sending: Sending, by account: String) {
        count("batchd_upload_bytes_total", ("account", account), by: sending.bytes)
        if sending.arrived {
            time("batchd_upload_duration_seconds", ("account", account), took: sending.time)
        }
    }

    /// Results came, or a part of them.
    func downloaded(_ bytes: Int64, in duration: Duration, by account: String, isWhole: Bool) {
        count("batchd_download_bytes_total", ("account", account), by: bytes)
        if isWhole { time("batchd_download_duration_seconds", ("account", account), took: duration) }
    }

    /// Rows got an outcome, or go again.
    func settled(_ rows: Int64, in queue: String) {
        count("batchd_settled_rows_total", ("queue", queue), by: rows)
    }

    /// All rows of a batch were settled by this run.
    func settled(_ duration: Duration, in queue: String) {
        time("batchd_settle_duration_seconds", ("queue", queue), took: duration)
    }

    /// A job was seen to have ended.
    func ended(_ ending: JobEnding, in queue: String) {
        count("batchd_ended_jobs_total", ("queue", queue), ("ending", ending.rawValue))
    }

    /// A batch was given up before anything of it ran.
    func released(_ reason: ReleaseReason, in queue: String) {
        count("batchd_released_batches_total", ("queue", queue), ("reason", reason.rawValue))
    }

    /// A call brought no result.
    func failed(_ failure: CallFailure, of account: String) {
        count("batchd_call_failures_total", ("account", account), ("class", failure.kind))
    }

    private func count(_ name: String, _ labels: (String, String)..., by amount: Int64 = 1) {
        guard amount > 0 else { return }
        Counter(label: name, dimensions: labels, factory: factory).increment(by: amount)
    }

    private func time(_ name: String, _ labels: (String, String)..., took duration: Duration) {
        Timer(label: name, dimensions: labels, factory: factory)
            .recordNanoseconds(max(0, duration.milliseconds) * 1_000_000)
    }
}

extension CallFailure {
    /// A word for its class, of which there are few.
    fileprivate var kind: String {
        switch self {
        case .notSent: "not_sent"
        case .unanswered: "unanswered"
        case .refused(let status, _, _): "http_\(status)"
        }
    }
}
