/// A job in the archive, as its manifest describes it.
package struct ArchivedJob: Codable, Hashable, Sendable {
    /// Stripe's id, `batchv2_…`.
    package var id: String
    /// The batch that it carried.
    package var batch: String
    /// The workload that owned the batch.
    package var workload: String
    /// The queue's name.
    package var queue: String
    /// The account that it ran in, by its name in the configuration.
    package var account: String
    /// How it ended, in Stripe's word.
    package var state: String
    /// How many rows were sent.
    package var rows: Int
    /// How many lines the results have; nil when there were none to be had.
    @OrNull package var lines: Int?
    /// The size of the results in bytes; nil when there are none.
    @OrNull package var bytes: Int?
    /// Their size as they are stored, compressed; nil when there are none.
    @OrNull package var storedBytes: Int?
    /// The SHA-256 of the results in lower-case hex; nil when there are none.
    @OrNull package var sha256: String?
    /// RFC 3339, UTC: when Stripe made the job; nil when that is not known.
    @OrNull package var createdAt: String?
    /// RFC 3339, UTC: when it was seen to have ended; nil when that is not known.
    @OrNull package var endedAt: String?
    /// RFC 3339, UTC.
    package var archivedAt: String
    /// The folder that holds its results and its manifest.
    package var path: String

    /// All members, in the order of the document.
    package init(
        id: String, batch: String, workload: String, queue: String, account: String, state: String, rows: Int,
        lines: Int?, bytes: Int?, storedBytes: Int?, sha256: String?, createdAt: String?, endedAt: String?,
        archivedAt: String, path: String
    ) {
        self.id = id
        self.batch = batch
        self.workload = workload
        self.queue = queue
        self.account = account
        self.state = state
        self.rows = rows
        self.lines = lines
        self.bytes = bytes
        self.storedBytes = storedBytes
        self.sha256 = sha256
        self.createdAt = createdAt
        self.endedAt = endedAt
        self.archivedAt = archivedAt
        self.path = path
    }

    enum CodingKeys: String, CodingKey {
        case id, batch, workload, queue, account, state, rows, lines, bytes, sha256, path
        case storedBytes = "stored_bytes"
        case createdAt = "created_at"
        case endedAt = "ended_at"
        case archivedAt = "archived_at"
    }
}

/// Every file of the archive read anew, and compared with its manifest.
package struct ArchiveReport: Codable, Hashable, Sendable {
    /// Whether every file is what was published.
    package var ok: Bool
    /// The workload that was verified; nil for all of them.
    @OrNull package var workload: String?
    /// Jobs that were looked at.
    package var jobs: Int
    /// Bytes that were read, as they are stored.
    package var bytes: Int
    /// How many differences there are.
    package var differing: Int
    /// The first of them.
    package var differences: [AuditDifference]

    /// All members, in the order of the document.
    package init(
        ok: Bool, workload: String?, jobs: Int, bytes: Int, differing: Int, differences: [AuditDifference]
    ) {
        self.ok = ok
        self.workload = workload
        self.jobs = jobs
        self.bytes = bytes
        self.differing = differing
        self.differences = differences
    }

    enum CodingKeys: String, CodingKey {
        case ok, workload, jobs, bytes, differing, differences
    }

    /// The report for people: each difference with what to do, and the verdict.
    package var lines: [AuditReport.Line] {
        var lines: [AuditReport.Line] = []
        for difference in differences {
            lines.append(AuditReport.Line(mark: false, head: "DIFFERS  ", rest: difference.place))
            lines += difference.explanation
        }
        if differing > differences.count {
            lines.append(
                AuditReport.Line(
                    mark: false, head: "DIFFERS  ",
                    rest: "and \(Figures.count(differing - differences.count)) more"))
        }
        let read = " \(Figures.count(jobs, "job")), \(Figures.bytes(bytes)) read."
        lines.append(
            AuditReport.Line(
                mark: ok, head: ok ? "The archive is what was published:" : "The archive is damaged:",
                rest: read))
        return lines
    }
}
