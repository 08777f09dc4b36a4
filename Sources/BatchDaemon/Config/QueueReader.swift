import BatchCore
import ControlAPI

extension Configuration {
    static func readQueues(_ queues: Section, accounts: [AccountDraft]) -> [QueuePolicy] {
        queues.things("queue").compactMap { name, section in
            let policy = readQueue(name, section, accounts: accounts.map(\.policy))
            section.finish()
            return policy
        }
    }

    private static func readQueue(
        _ name: String, _ section: Section, accounts: [AccountPolicy]
    ) -> QueuePolicy? {
        let account = readAccount(of: section, accounts: accounts)
        let endpoint = section.required("endpoint", .endpoint)
        // Everything is read before leaving, so that every mistake is found.
        let usual = QueuePolicy(
            name: name, account: account ?? AccountPolicy(name: "", apiVersion: ""),
            endpoint: endpoint ?? Endpoint("POST /v1/customers/:customer")!
        )
        var policy = usual
        policy.context = section.optional("context", .text)
        policy.priority = Int(
            section.value("priority", .number(-1_000_000...1_000_000), default: Int64(usual.priority))
        )
        policy.skipValidation = section.value("skip_validation", .flag, default: usual.skipValidation)
        policy.notificationSuppression = section.value(
            "notification_suppression", .choice, default: usual.notificationSuppression
        )
        policy.maximumRPS = section.optional("maximum_rps", .number(1...100)).map { Int($0) }
        policy.maxConcurrentJobs = Int(
            section.optional(
                "max_concurrent_jobs", .number(1...10_000), default: Int64(usual.maxConcurrentJobs)
            ) ?? unlimited
        )
        policy.maxRowsPerJob = section.optional("max_rows_per_job", .number(1...Int64.max))
        // Stripe takes no file above 5 GB (`stripe-batch-api.md` section 7).
        let most: Int64 = 5_000_000_000
        policy.maxBytesPerJob =
            section.optional(
                "max_bytes_per_job", .size(1000...most, "\(sizeForm), from 1kB to 5GB"),
                default: usual.maxBytesPerJob
            ) ?? most
        policy.retry = readRetry(section.section("retry"))
        policy.unknownOutcome = section.value("unknown_outcome", .choice, default: usual.unknownOutcome)
        readGuardRails(section, into: &policy)
        guard account != nil, endpoint != nil else {
            // What can be said of the template without its endpoint is said.
            _ = readTemplate(section, endpoint: endpoint)
            return nil
        }
        policy.csv = readTemplate(section, endpoint: policy.endpoint)
        checkVersion(policy, section)
        checkRules(policy, section)
        return policy
    }

    private static func readAccount(of queue: Section, accounts: [AccountPolicy]) -> AccountPolicy? {
        let names = accounts.map(\.name).joined(separator: ", ")
        guard let name = queue.optional("account", .text) else {
            if accounts.count > 1 {
                queue.problems.error(
                    at: queue.place, "\(queue.path) needs account: there is more than one (\(names))"
                )
            }
            return accounts.count == 1 ? accounts[0] : nil
        }
        if let account = accounts.first(where: { $0.name == name }) { return account }
        let advice = nearest(to: name, among: accounts.map(\.name)).map { "did you mean \"\($0)\"?" }
        queue.problems.error(
            at: queue.place(of: "account"),
            "\(queue.path).account: there is no account \(Word(text: name, isPlain: true).shown); "
                + (advice ?? (accounts.isEmpty ? "none is configured" : "configured: \(names)"))
        )
        return nil
    }

    private static func readRetry(_ section: Section) -> RetryPolicy {
        let usual = RetryPolicy()
        let retry = RetryPolicy(
            maxAttempts: Int(
                section.optional("max_attempts", .number(1...10_000), default: Int64(usual.maxAttempts))
                    ?? unlimited
            ),
            initialDelay: section.value("initial_delay", .duration, default: usual.initialDelay),
            maxDelay: section.value("max_delay", .duration, default: usual.maxDelay),
            rules: section.list("rules").compactMap(readRule)
        )
        if retry.initialDelay > retry.maxDelay, !section.hasMistake {
            section.problems.error(
                at: section.place(of: "initial_delay"),
                "\(section.path).initial_delay is longer than "
                    + "max_delay"
            )
        }
        section.finish()
        return retry
    }

    private static func readRule(_ section: Section) -> OutcomeRule? {
        let status = section.optional("status", .number(100...599)).map { Int($0) }
        let type = section.optional("type", .text)
        let code = section.optional("code", .text)
        let outcome = section.required("outcome", Form<OutcomeRule.Outcome>.choice)
        section.finish()
        guard let outcome, !section.hasMistake else { return nil }
        let rule = OutcomeRule(status: status, type: type, code: code, outcome: outcome)
        if let mistake = rule.mistake {
            section.problems.error(at: section.place, "\(section.path) \(mistake)")
            return nil
        }
        return rule
    }

    /// Rules that say less than somebody may believe.
    private static func checkRules(_ policy: QueuePolicy, _ section: Section) {
        let sendsUnknown = policy.retry.rules.contains { $0.outcome == .retry && ($0.status ?? 500) >= 500 }
        guard sendsUnknown, !policy.repeatsUnknown() else { return }
        section.problems.warn(
            at: section.section("retry").place(of: "rules"),
            "\(section.path).retry.rules: rows that may have run are held all the same; only "
                + "unknown_outcome: retry sends them to \(policy.endpoint) again"
        )
    }

    /// What the account's API version has, by `stripe-batch-api.md` section 1.5. Versions are dates, so they compare.
    private static func checkVersion(_ policy: QueuePolicy, _ section: Section) {
        let version = policy.account.apiVersion
        if policy.endpoint.method == .delete, version < "2026-04-22" {
            section.problems.error(
                at: section.place(of: "endpoint"),
                "\(section.path).endpoint: DELETE needs api_version 2026-04-22.preview or later, "
                    + "and account \(policy.account.name) has \(version)"
            )
        }
        if policy.maximumRPS != nil, version >= "2026-06-24" {
            section.problems.warn(
                at: section.place(of: "maximum_rps"),
                "\(section.path).maximum_rps is not sent: api_version \(version) has it no more"
            )
        }
    }
}

extension OutcomeRule {
    /// What makes the rule useless or dangerous; nil for a good one.
    fileprivate var mistake: String? {
        guard status != nil || type != nil || code != nil else {
            return "matches every answer: give at least one of status, type and code"
        }
        if let status, (200...299).contains(status) {
            return "is about status \(status): a row that Stripe did is always succeeded"
        }
        if let status, status >= 500 || status < 200, code == nil, outcome == .succeeded || outcome == .failed
        {
            return "calls a row \(outcome.rawValue) of which status \(status) does not say whether it ran: "
                + "name the code that does, or use held or retry"
        }
        return nil
    }
}
