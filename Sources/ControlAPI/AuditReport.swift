/// Every count derived again from the rows, the archive and the history, and compared.
package struct AuditReport: Codable, Hashable, Sendable {
    /// Whether every check held.
    package var ok: Bool
    /// The workload that was audited; nil for all of them.
    @OrNull package var workload: String?
    /// The rows, counted one by one.
    package var rows: RowCounts
    /// What was compared.
    package var checks: [AuditCheck]

    /// All members, in the order of the document.
    package init(ok: Bool, workload: String?, rows: RowCounts, checks: [AuditCheck]) {
        self.ok = ok
        self.workload = workload
        self.rows = rows
        self.checks = checks
    }

    enum CodingKeys: String, CodingKey {
        case ok, workload, rows, checks
    }
}

/// One comparison of an audit.
package struct AuditCheck: Codable, Hashable, Sendable {
    /// What must hold, in a few words.
    package var name: String
    /// Whether it does.
    package var ok: Bool
    /// What was compared, or what differs, as a sentence.
    package var detail: String

    /// All members.
    package init(name: String, ok: Bool, detail: String) {
        self.name = name
        self.ok = ok
        self.detail = detail
    }

    enum CodingKeys: String, CodingKey {
        case name, ok, detail
    }
}
