import BatchCore
import BatchStore
import ControlAPI

// What somebody may have meant by an id that leads nowhere.
extension Facts {
    /// There is no such workload.
    func noWorkload(_ text: String) throws -> Refusal {
        let list = "batchctl list workloads"
        let recent = try store.workloads(limit: 1000)
        if let id = WorkloadID(spelled: text), let meant = recent.first(where: { $0.id == id }) {
            return .notFound("workload", text, list: list, meant: "Did you mean \(meant.id)?")
        }
        if let named = recent.first(where: { $0.name == text }) {
            return .notFound("workload", text, list: list, meant: "That is the name of \(named.id).")
        }
        if let batch = try BatchID(text).flatMap({ try store.batch($0) }) {
            return .notFound(
                "workload", text, list: "batchctl show \(text)",
                meant: "That is a batch of \(batch.batch.workload).")
        }
        if queueNames.contains(text) {
            return .notFound(
                "workload", text, list: "\(list) --queue \(text)", meant: "That is the name of a queue.")
        }
        let last = recent.first.map { "The last one is \($0.id)." } ?? "Nothing was submitted yet."
        return .notFound("workload", text, list: list, meant: last)
    }

    /// There is no such batch.
    func noBatch(_ text: String) throws -> Refusal {
        let last = try store.batches(limit: 1).first.map { "The last one is \($0.batch.id)." }
        return .notFound("batch", text, list: "batchctl list batches", meant: last ?? "There was none yet.")
    }

    /// There is no such job.
    func noJob(_ text: String) throws -> Refusal {
        let jobs = try store.batches(limit: 1000).compactMap(\.job?.rawValue)
        let meant = nearest(to: text, among: jobs).map { "Did you mean \($0)?" }
        return .notFound("job", text, list: "batchctl list jobs", meant: meant)
    }

    /// A workload has no such row.
    func noRow(_ text: String, in workload: WorkloadRecord) throws -> Refusal {
        let ends = try [-1, workload.rows.total - 2].compactMap {
            try store.rows(of: workload.id, after: $0, limit: 1).rows.first?.id
        }
        let meant = ends.first.map { first in
            workload.rows.total == 1
                ? "Its only row is \(Refusal.shown(first))."
                : "Its first row is \(Refusal.shown(first)), its last one \(Refusal.shown(ends.last ?? first))."
        }
        return .notFound(
            "row", text, of: " in \(workload.id)", list: "batchctl rows \(workload.id)", meant: meant)
    }
}

extension WorkloadID {
    /// Reads `W12` and `12` as well, as people write it.
    fileprivate init?(spelled text: String) {
        let lower = text.lowercased()
        self.init(lower.hasPrefix("w") ? lower : "w" + lower)
    }
}
