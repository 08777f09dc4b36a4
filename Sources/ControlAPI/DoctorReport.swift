/// What stands around the daemon, looked at piece by piece.
package struct DoctorReport: Codable, Hashable, Sendable {
    /// Whether nothing failed; warnings are fine.
    package var ok: Bool
    /// What was looked at, the most fundamental first.
    package var checks: [DoctorCheck]
    /// What could not be looked at, and why, a sentence each.
    package var unseen: [String]

    /// A report on these checks.
    package init(checks: [DoctorCheck], unseen: [String]) {
        ok = checks.allSatisfy { $0.state != DoctorCheck.fail }
        self.checks = checks
        self.unseen = unseen
    }

    enum CodingKeys: String, CodingKey {
        case ok, checks, unseen
    }

    /// 0, or the exit code of the first check that failed.
    package var exitCode: Int32 {
        checks.first { $0.state == DoctorCheck.fail }.map { Int32($0.exit) } ?? 0
    }

    /// The report for people: a line for each check, with the remedy below it, and the verdict.
    package var lines: [AuditReport.Line] {
        let width = checks.reduce(0) { max($0, $1.name.count) }
        var lines: [AuditReport.Line] = []
        for check in checks {
            let space = String(repeating: " ", count: width - check.name.count + 2)
            let state = check.state + String(repeating: " ", count: max(1, 6 - check.state.count))
            lines.append(
                AuditReport.Line(
                    mark: check.state == DoctorCheck.ok
                        ? true : check.state == DoctorCheck.fail ? false : nil,
                    head: state, rest: "\(check.name)\(space)\(check.detail)"))
            if let remedy = check.remedy {
                lines.append(
                    AuditReport.Line(
                        mark: nil, head: String(repeating: " ", count: 8 + width), rest: "-> \(remedy)"))
            }
        }
        lines += unseen.map { AuditReport.Line(mark: nil, head: "      ", rest: $0) }
        let (bad, odd) = (count(DoctorCheck.fail), count(DoctorCheck.warn))
        let verdict =
            bad > 0
            ? "\(bad) of \(checks.count) checks failed" + (odd > 0 ? ", and \(odd) deserve a look." : ".")
            : odd > 0 ? "Nothing failed; \(odd) of \(checks.count) checks deserve a look." : "All is well."
        lines.append(AuditReport.Line(mark: ok, head: verdict, rest: ""))
        return lines
    }

    private func count(_ state: String) -> Int { checks.count { $0.state == state } }
}

/// One thing that was looked at.
package struct DoctorCheck: Codable, Hashable, Sendable {
    /// What: `config`, `key main`, `clock`, `disk`, ….
    package var name: String
    /// `ok`, `warn` or `fail`.
    package var state: String
    /// What was found, as a sentence.
    package var detail: String
    /// What to do about it; nil when nothing needs to be done.
    @OrNull package var remedy: String?
    /// The exit code that goes with it; 0 unless it failed.
    package var exit: Int

    /// Nothing to do.
    package static let ok = "ok"
    /// It works, and deserves a look.
    package static let warn = "warn"
    /// It does not work.
    package static let fail = "fail"

    /// All members. What is not ok has a remedy.
    package init(_ name: String, _ state: String, _ detail: String, remedy: String? = nil, exit: Int = 1) {
        self.name = name
        self.state = state
        self.detail = detail
        self.remedy = remedy
        self.exit = state == Self.fail ? exit : 0
    }

    enum CodingKeys: String, CodingKey {
        case name, state, detail, remedy, exit
    }
}
