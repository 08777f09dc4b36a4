package import CoreMetrics
import Synchronization

/// Keeps what was counted, and writes it as Prometheus text: swift-metrics for the few kinds that we use.
package final class PrometheusRegistry: MetricsFactory, Sendable {
    /// One series: its name and its labels.
    private struct Key: Hashable {
        let name: String
        let labels: [String]
    }

    private let counters = Mutex<[Key: CounterCell]>([:])
    private let timers = Mutex<[Key: TimerCell]>([:])

    /// A registry in which nothing was counted yet.
    package init() {}

    /// The counter of this name and these labels.
    package func makeCounter(label: String, dimensions: [(String, String)]) -> any CounterHandler {
        let key = Key(name: label, labels: dimensions.flatMap { [$0.0, $0.1] })
        return counters.withLock { cells in
            if let cell = cells[key] { return cell }
            let cell = CounterCell()
            cells[key] = cell
            return cell
        }
    }

    /// The histogram of this name and these labels.
    package func makeTimer(label: String, dimensions: [(String, String)]) -> any TimerHandler {
        let key = Key(name: label, labels: dimensions.flatMap { [$0.0, $0.1] })
        return timers.withLock { cells in
            if let cell = cells[key] { return cell }
            let cell = TimerCell()
            cells[key] = cell
            return cell
        }
    }

    /// Nothing here records values that are no durations.
    package func makeRecorder(label: String, dimensions: [(String, String)], aggregate: Bool)
        -> any RecorderHandler
    { NOOPMetricsHandler.instance }

    /// Series live as long as the process.
    package func destroyCounter(_ handler: any CounterHandler) {}
    /// Series live as long as the process.
    package func destroyRecorder(_ handler: any RecorderHandler) {}
    /// Series live as long as the process.
    package func destroyTimer(_ handler: any TimerHandler) {}

    /// Writes all of it.
    func write(to text: inout PrometheusText) {
        let counted = counters.withLock { $0 }
        for name in Set(counted.keys.map(\.name)).sorted() {
            text.family(
                name, .counter, Self.help[name] ?? name,
                counted.filter { $0.key.name == name }.map { (pairs($0.key.labels), Double($0.value.value)) })
        }
        let timed = timers.withLock { $0 }
        for name in Set(timed.keys.map(\.name)).sorted() {
            text.histogram(
                name, Self.help[name] ?? name,
                timed.filter { $0.key.name == name }.map { (pairs($0.key.labels), $0.value.histogram) })
        }
    }

    private func pairs(_ labels: [String]) -> [(String, String)] {
        stride(from: 0, to: labels.count, by: 2).map { (labels[$0], labels[$0 + 1]) }
    }

    private static let help = [
        "batchd_accepted_rows_total": "Rows that were accepted for a queue.",
        "batchd_upload_bytes_total": "Bytes of input files that were sent to Stripe.",
        "batchd_upload_duration_seconds": "How long input files that arrived took to send.",
        "batchd_download_bytes_total": "Bytes of results that came from Stripe.",
        "batchd_download_duration_seconds": "How long downloads of results took that came to their end.",
        "batchd_settled_rows_total": "Rows that were given an outcome or queued again.",
        "batchd_settle_duration_seconds": "How long it took to settle the rows of a batch.",
        "batchd_ended_jobs_total": "Jobs that were seen to have ended, by how.",
        "batchd_released_batches_total": "Batches that were given up before anything of them ran, by why.",
        "batchd_call_failures_total": "Calls to Stripe that brought no result, by class.",
    ]
}

/// A number that only grows.
private final class CounterCell: CounterHandler, Sendable {
    private let count = Atomic<Int64>(0)

    var value: Int64 { count.load(ordering: .relaxed) }
    func increment(by amount: Int64) { count.add(amount, ordering: .relaxed) }
    func reset() { count.store(0, ordering: .relaxed) }
}

/// Durations by how long they were.
struct Histogram: Sendable {
    /// The upper ends, in seconds: a small file takes milliseconds, five gigabytes take an hour.
    static let bounds = [0.05, 0.25, 1, 5, 15, 60, 300, 900, 3600, 14_400]

    private(set) var counts = [Int64](repeating: 0, count: bounds.count + 1)
    private(set) var sum = 0.0

    mutating func add(_ seconds: Double) {
        counts[Self.bounds.firstIndex { seconds <= $0 } ?? Self.bounds.count] += 1
        sum += seconds
    }
}

private final class TimerCell: TimerHandler, Sendable {
    private let value = Mutex(Histogram())

    var histogram: Histogram { value.withLock { $0 } }
    func recordNanoseconds(_ duration: Int64) { value.withLock { $0.add(Double(duration) / 1e9) } }
}
