package import BatchCore
import FoundationEssentials

/// What became of a workload, for `summary.json`.
package struct Summary: Hashable, Sendable {
    /// The account's and the queue's name.
    package var account: String, queue: String
    /// The workload.
    package var workload: WorkloadID
    /// Its name.
    package var name: String?
    /// Its final state.
    package var state: WorkloadState
    /// Its rows by state.
    package var rows: RowCounts
    /// Size in bytes and digest of what was submitted.
    package var source: InputFile
    /// When it was submitted.
    package var created: Timestamp
    /// When it ended.
    package var finished: Timestamp
    /// Its archived jobs, in the order of their batches.
    package var jobs: [JobID]

    /// A summary, made of its parts.
    package init(
        account: String, queue: String, workload: WorkloadID, name: String?, state: WorkloadState,
        rows: RowCounts, source: InputFile, created: Timestamp, finished: Timestamp, jobs: [JobID]
    ) {
        self.account = account
        self.queue = queue
        self.workload = workload
        self.name = name
        self.state = state
        self.rows = rows
        self.source = source
        self.created = created
        self.finished = finished
        self.jobs = jobs
    }

    /// The summary as an indented JSON object with sorted keys.
    func json(outcome: ArchivedFacts) -> [UInt8] {
        var counts = Dictionary(uniqueKeysWithValues: RowState.allCases.map { ($0.word, rows[$0]) })
        counts["total"] = rows.total
        return encoded(
            Form(
                version: 1, account: account, queue: queue, workload: "\(workload)", name: name,
                state: state.rawValue, rows: counts,
                source: .init(bytes: source.bytes, sha256: "\(source.sha256)"),
                createdAt: created.rfc3339, finishedAt: finished.rfc3339, jobs: jobs.map(\.rawValue),
                outcome: FactsForm(outcome)))
    }

    private struct Form: Encodable {
        struct Source: Encodable { var bytes: Int64, sha256: String }

        var version: Int
        var account: String, queue: String, workload: String, name: String?, state: String
        var rows: [String: Int64]
        var source: Source
        var createdAt: String, finishedAt: String
        var jobs: [String]
        var outcome: FactsForm
    }
}

/// What a summary on the disk states, as far as it can be compared with other things.
package struct StatedSummary: Hashable, Sendable {
    /// The workload's state.
    package var state: String
    /// Its rows by state, and their `total`.
    package var rows: [String: Int64]
    /// The digest of what was submitted, in hexadecimal.
    package var sourceSHA256: String
    /// Its archived jobs, in the order of their batches.
    package var jobs: [String]
    /// The outcome beside it.
    package var outcome: ArchivedFacts

    /// Reads it; nil when it is not a summary.
    init?(json: [UInt8]) {
        struct Form: Decodable {
            struct Source: Decodable { var sha256: String }
            var state: String, rows: [String: Int64], source: Source, jobs: [String], outcome: FactsForm
        }
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        // Whatever is wrong with it, it is not a summary; the caller names the file.
        guard let form = try? decoder.decode(Form.self, from: Data(json)), let facts = form.outcome.facts
        else { return nil }
        state = form.state
        rows = form.rows
        sourceSHA256 = form.source.sha256
        jobs = form.jobs
        outcome = facts
    }
}
