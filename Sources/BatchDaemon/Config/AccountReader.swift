import BatchCore
import StripeBatch

/// An account as far as it could be read: its name is known even when its key is not,
/// so that the queues that use it are not called wrong as well.
struct AccountDraft {
    let policy: AccountPolicy
    let complete: Configuration.Account?
}

extension Configuration {
    static func readAccounts(_ accounts: Section, keys: KeyFiles) -> [AccountDraft] {
        accounts.things("account").map { readAccount($0.name, $0.section, keys: keys) }
    }

    private static func readAccount(_ name: String, _ section: Section, keys: KeyFiles) -> AccountDraft {
        let apiBase = section.value("api_base", .apiBase, default: "https://api.stripe.com")
        let policy = AccountPolicy(
            name: name,
            apiVersion: section.value("api_version", .apiVersion, default: "2026-09-30.preview"),
            maxConcurrentJobs: Int(
                section.optional("max_concurrent_jobs", .number(1...10_000), default: 8) ?? unlimited
            ),
            poll: readPoll(section.section("poll")),
            readsPerMonth: section.optional(
                "read_budget_per_month", .number(100...Int64(Int32.max)), default: 10_000)
        )
        let livemode = section.value("livemode", .flag, default: false)
        let file = section.required("api_key_file", .text)
        let key = file.flatMap {
            keys.read($0, at: section.place(of: "api_key_file"), account: section.path, livemode: livemode)
        }
        if livemode, apiBase.hasPrefix("http:") {
            section.problems.error(
                at: section.place(of: "api_base"),
                "\(section.path).api_base must be https when livemode is true: http shows the key to "
                    + "the network"
            )
        }
        section.finish()
        let account = key.map { key in
            let stripe = StripeAccount(
                name: name, baseURL: apiBase, apiVersion: policy.apiVersion, key: key)
            return Account(policy: policy, stripe: stripe, livemode: livemode)
        }
        return AccountDraft(policy: policy, complete: account)
    }

    private static func readPoll(_ section: Section) -> PollPolicy {
        let usual = PollPolicy()
        let poll = PollPolicy(
            min: section.value("min", .pause, default: usual.min),
            max: section.value("max", .pause, default: usual.max)
        )
        if poll.min > poll.max, !section.hasMistake {
            section.problems.error(at: section.place(of: "min"), "\(section.path).min is longer than max")
        }
        section.finish()
        return poll
    }
}

/// Stands for a limit that null switched off.
let unlimited = Int64(Int32.max)

extension Form<String> {
    static var apiBase: Self {
        Form("a URL such as https://api.stripe.com, without a path") { word in
            let url = word.text.trimmedPath
            guard let scheme = ["https://", "http://"].first(where: url.hasPrefix) else { return nil }
            let rest = url.dropFirst(scheme.count)
            // A user, a path or a query has no place here; a host may be an IPv6 address in brackets.
            let allowed: (UInt8) -> Bool = { isWordByte($0) || "-.:[]".utf8.contains($0) }
            return !rest.isEmpty && rest.utf8.allSatisfy(allowed) ? url : nil
        }
    }

    static var apiVersion: Self {
        Form("an API version such as 2026-09-30.preview") { word in
            let parts = word.text.split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
            let date = parts[0].split(separator: "-", omittingEmptySubsequences: false)
            guard date.map(\.count) == [4, 2, 2],
                date.allSatisfy({ $0.allSatisfy { $0.isASCII && $0.isNumber } }),
                parts.count == 1 || !parts[1].isEmpty && parts[1].utf8.allSatisfy(isWordByte)
            else { return nil }
            return word.text
        }
    }
}
