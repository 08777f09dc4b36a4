/// How many rows the next batch may carry, and which limit decided that.
///
/// The least of: rows that finish in 24 h at the rate seen, bytes that upload in half
/// the window at the throughput seen, and the queue's own limits.
package struct BatchSize: Hashable, Sendable {
    /// The limit that bound. The raw values are stored, and are the words people see.
    package enum Limit: String, Hashable, Sendable {
        case processingTime = "processing_time"
        case uploadWindow = "upload_window"
        case queueRows = "max_rows_per_job"
        case queueBytes = "max_bytes_per_job"
        case bisection
        /// The last place of a queue, which must come free within the hour.
        case fairness
        /// The first job of a workload.
        case canary
    }

    /// What was seen of the last jobs; nil before there was one.
    package struct Seen: Hashable, Sendable {
        /// Rows a second that Stripe executes of one of the queue's jobs, the slowest of the last.
        package var rowRate: Double?
        /// Bytes a second that the uplink reaches.
        package var uploadRate: Double?

        /// What was seen.
        package init(rowRate: Double? = nil, uploadRate: Double? = nil) {
            self.rowRate = rowRate
            self.uploadRate = uploadRate
        }

        /// How long a job with so many rows should run; nothing, before a rate was seen.
        func timeToRun(_ rows: Int64) -> Duration {
            guard let rowRate else { return .zero }
            // A thousand years stand for ever.
            return .seconds(min(Double(rows) / max(rowRate, 1e-9), 3e10))
        }
    }

    /// The most rows, at least 1.
    package private(set) var rows: Int64
    /// Which limit on rows bound.
    package private(set) var rowLimit: Limit
    /// The most bytes, at least 1.
    package let bytes: Int64
    /// Which limit on bytes bound.
    package let byteLimit: Limit

    /// Sizes the next batch of a queue.
    package init(policy: QueuePolicy, seen: Seen, limits: Limits) {
        // Four fifths of the day: the rate seen is not a promise.
        let daily = max(1, Int64((seen.rowRate ?? limits.assumedRowRate) * limits.processing.seconds * 0.8))
        if let own = policy.maxRowsPerJob, own <= daily {
            (rows, rowLimit) = (own, .queueRows)
        } else {
            (rows, rowLimit) = (daily, .processingTime)
        }
        let half = limits.uploadWindow.seconds / 2
        let upload = max(1, Int64((seen.uploadRate ?? limits.assumedUploadRate) * half))
        if policy.maxBytesPerJob <= upload {
            (bytes, byteLimit) = (policy.maxBytesPerJob, .queueBytes)
        } else {
            (bytes, byteLimit) = (upload, .uploadWindow)
        }
    }

    /// The same for a canary of so many rows.
    package func canary(rows most: Int64) -> BatchSize {
        var size = self
        if most < rows { (size.rows, size.rowLimit) = (most, .canary) }
        return size
    }

    /// The same for a job that ends within the hour.
    package func short(seen: Seen, limits: Limits) -> BatchSize {
        var size = self
        let hourly = max(1, Int64((seen.rowRate ?? limits.assumedRowRate) * limits.shortJob.seconds))
        if hourly < rows { (size.rows, size.rowLimit) = (hourly, .fairness) }
        return size
    }
}

extension Batch {
    /// True when the place that the batch takes comes free within the hour, at the rates seen.
    package func endsSoon(seen: BatchSize.Seen, limits: Limits) -> Bool {
        let left = rows - (self.seen?.done ?? 0)
        let rate = pace?.rate ?? seen.rowRate ?? limits.assumedRowRate
        return Double(left) <= rate * limits.shortJob.seconds
    }
}
