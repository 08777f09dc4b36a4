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

    /// A line of the report, as people read it.
    package struct Line: Hashable, Sendable {
        /// Good or bad news; nil for what only explains.
        package var mark: Bool?
        /// What stands in front, in the colour of the news.
        package var head: String
        /// The rest.
        package var rest: String
        /// Both.
        package var text: String { head + rest }
    }

    /// The report for people: what was compared, each difference with what to do, and the verdict.
    package var lines: [Line] {
        var lines: [Line] = []
        for check in checks {
            lines.append(
                Line(
                    mark: check.ok, head: check.ok ? "ok       " : "DIFFERS  ",
                    rest: "\(check.name): \(check.detail)"))
            for difference in check.differences ?? [] {
                lines.append(Line(mark: nil, head: "         ", rest: difference.place))
                lines += difference.explanation
            }
        }
        lines.append(
            Line(
                mark: ok, head: ok ? "The audit holds" : "The audit found differences",
                rest: " over \(Figures.count(rows.total, "row"))."))
        return lines
    }
}

/// One comparison of an audit.
package struct AuditCheck: Codable, Hashable, Sendable {
    /// What must hold, in a few words.
    package var name: String
    /// Whether it does.
    package var ok: Bool
    /// What was compared, or how much differs, as a sentence.
    package var detail: String
    /// The first things that differ; nil from daemons that do not tell.
    package var differences: [AuditDifference]?

    /// All members.
    package init(name: String, ok: Bool, detail: String, differences: [AuditDifference]? = nil) {
        self.name = name
        self.ok = ok
        self.detail = detail
        self.differences = differences
    }

    enum CodingKeys: String, CodingKey {
        case name, ok, detail, differences
    }
}

/// Something that is not as it should be.
package struct AuditDifference: Codable, Hashable, Sendable {
    /// The file, row or record.
    package var place: String
    /// What should be there.
    package var expected: String
    /// What is there.
    package var found: String
    /// What to do about it.
    package var remedy: String

    /// All members.
    package init(place: String, expected: String, found: String, remedy: String) {
        self.place = place
        self.expected = expected
        self.found = found
        self.remedy = remedy
    }

    enum CodingKeys: String, CodingKey {
        case place, expected, found, remedy
    }

    /// What stands below the place in a report for people.
    var explanation: [AuditReport.Line] {
        ["expected \(expected); found \(found)", remedy].map {
            AuditReport.Line(mark: nil, head: "           ", rest: $0)
        }
    }
}
