import BatchCore
import Synchronization

/// Stands at the wire, and complains at once about what must never be seen there.
final class Witness: Sendable {
    private struct State {
        /// After a start: jobs that may be running, and were not looked at yet.
        var unseen: Set<String> = []
        /// When the first create for each batch was about to be asked for.
        var intents: [String: Timestamp] = [:]
        /// The last create for each batch.
        var creates: [String: (key: String, body: [UInt8], at: Timestamp)] = [:]
        /// Which batch a key was used for.
        var batchOf: [String: String] = [:]
        /// How often the results of a batch were asked for in vain.
        var vain: [String: Int] = [:]
    }

    private let state = Mutex(State())

    /// A life of the daemon begins with these batches.
    func started(_ live: [Batch]) {
        state.withLock { state in
            let running = live.filter { $0.phase.isWatched && $0.phase.name != "awaiting_upload" }
            state.unseen = Set(running.compactMap { $0.phase.job?.rawValue })
        }
    }

    /// A call begins.
    ///
    /// `keepsTime` says that the daemon's clock never jumps.
    /// - Returns: what is wrong about it.
    func began(_ call: Call, at now: Timestamp, keepsTime: Bool) -> [String] {
        state.withLock { state in
            var complaints: [String] = []
            if call.kind != .retrieve, call.kind != .download, let job = state.unseen.min() {
                complaints.append("\(call.kind) after a start, before \(job) was looked at")
            }
            guard call.kind == .create else { return complaints }
            let text = String(decoding: call.body, as: UTF8.self)
            let key = call.headers.first { $0.name == "Idempotency-Key" }?.value ?? ""
            guard let mark = text.firstRange(of: "\"batchd_batch\":\"")?.upperBound else {
                return complaints + ["a create without its batch"]
            }
            let batch = String(text[mark...].prefix { $0 != "\"" })
            if let before = state.creates[batch] {
                let limits = Limits()
                if before.key == key, before.body != call.body {
                    complaints.append("\(batch) was asked for again with another body")
                }
                if before.key != key, keepsTime, now - before.at < limits.uploadWindow - limits.uploadMargin {
                    complaints.append("\(batch) was asked for again with another key")
                }
                if before.key == key { return complaints }
            }
            if let other = state.batchOf.updateValue(batch, forKey: key), other != batch {
                complaints.append("\(batch) was asked for with the key of \(other)")
            }
            let isFirst = state.creates[batch] == nil
            state.creates[batch] = (key, call.body, (isFirst ? state.intents[batch] : nil) ?? now)
            return complaints
        }
    }

    /// The daemon wrote a line to its log: an intent to create may be older than the call, by a crash between.
    func read(_ line: String, at now: Timestamp) {
        guard let batch = word("batch", in: line) else { return }
        if line.hasPrefix("info creating ") { state.withLock { $0.intents[batch] = now } }
        if line.hasPrefix("warning call failed"), word("phase", in: line) == "collecting" {
            state.withLock { $0.vain[batch, default: 0] += 1 }
        }
    }

    /// How often the results of a batch were asked for before it had them.
    func vainTries(_ batch: BatchID) -> Int { state.withLock { $0.vain["\(batch)"] ?? 0 } }

    /// A call has ended, however.
    func ended(_ call: Call) {
        guard call.kind == .retrieve, let job = call.path.split(separator: "/").last else { return }
        state.withLock { _ = $0.unseen.remove(String(job)) }
    }
}

/// What a line of the log says of `name`.
private func word(_ name: String, in line: String) -> String? {
    guard let mark = line.firstRange(of: " \(name)=")?.upperBound else { return nil }
    return String(line[mark...].prefix { $0 != " " })
}
