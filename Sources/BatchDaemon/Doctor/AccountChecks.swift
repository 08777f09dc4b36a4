import BatchCore
import ControlAPI
import Env
import StripeBatch

/// Whether an account's API is there, takes the key, knows the version, and has our time.
struct AccountChecks {
    private let account: Configuration.Account
    private let client: StripeClient
    private let clock: Clock
    private let willRead: (String) throws -> Void

    /// Clocks that differ by less do no harm; by more, deadlines of minutes are misjudged.
    private static let (fine, bearable) = (Duration.seconds(5), Duration.seconds(60))

    init(
        _ account: Configuration.Account, transport: HTTPTransport, clock: Clock,
        willRead: @escaping (String) throws -> Void
    ) {
        self.account = account
        self.clock = clock
        self.willRead = willRead
        client = StripeClient(account: account.stripe, transport: transport)
    }

    func add(to findings: inout DoctorFindings) async {
        let (name, base) = (account.policy.name, account.stripe.baseURL)
        do {
            try willRead(name)
        } catch {
            // Whatever the database refuses has its own check.
            findings.unseen.append("Stripe was not asked for \(name): \(error)")
            return
        }
        switch await client.probe() {
        case .failure(let failure):
            findings.add(
                DoctorCheck(
                    "stripe \(name)", DoctorCheck.fail, "\(base) does not answer: \(Self.words(failure)).",
                    remedy:
                        "check accounts.\(name).api_base, DNS, the proxy and the firewall: curl -sS \(base)",
                    exit: 5))
        case .success(let probe):
            findings.add(answer(probe))
            findings.add(time(probe))
        }
    }

    private static func words(_ failure: CallFailure) -> String {
        switch failure {
        case .notSent(let reason), .unanswered(let reason): reason
        case .refused(let status, _, _): "HTTP \(status)"
        }
    }

    private func answer(_ probe: Probe) -> DoctorCheck {
        let (name, version) = (account.policy.name, account.policy.apiVersion)
        let said = ["HTTP \(probe.status)", probe.code, probe.message].compactMap(\.self)
            .joined(separator: ", ")
        func fail(_ detail: String, _ remedy: String, exit: Int = 2) -> DoctorCheck {
            DoctorCheck("stripe \(name)", DoctorCheck.fail, "\(detail): \(said)", remedy: remedy, exit: exit)
        }
        switch probe.status {
        case 404 where probe.code != nil, 200..<300:
            let mode = account.livemode ? "live" : "test"
            return DoctorCheck(
                "stripe \(name)", DoctorCheck.ok,
                "\(account.stripe.baseURL) takes the \(mode) key and knows \(version).")
        case 401:
            return fail(
                "The key is refused",
                "put a valid key into the file of accounts.\(name).api_key_file, then: systemctl restart batchd"
            )
        case 403:
            return fail(
                "The key may not use batch jobs",
                "give the key of accounts.\(name) the permission in Stripe's dashboard")
        case 400, 404:
            return fail(
                "The API does not know version \(version), or has no batch jobs in it",
                "set accounts.\(name).api_version to one that has them, such as 2026-09-30.preview, and check api_base"
            )
        case 429:
            return DoctorCheck(
                "stripe \(name)", DoctorCheck.warn, "Too many calls are made: \(said)",
                remedy: "see who else uses the key; try again in a minute")
        default:
            return fail("The API is in trouble", "see status.stripe.com, and try again", exit: 5)
        }
    }

    private func time(_ probe: Probe) -> DoctorCheck {
        guard let there = probe.date.flatMap(Self.moment) else {
            return DoctorCheck(
                "clock", DoctorCheck.warn, "\(account.stripe.baseURL) did not say what time it has.",
                remedy: "see that this machine's clock is kept: timedatectl status")
        }
        let here = clock.now()
        let skew = here > there ? here - there : there - here
        let seconds = Int(skew.seconds.rounded())
        guard skew > Self.fine else {
            return DoctorCheck("clock", DoctorCheck.ok, "It agrees with \(account.stripe.baseURL).")
        }
        return DoctorCheck(
            "clock", skew > Self.bearable ? DoctorCheck.fail : DoctorCheck.warn,
            "It is \(seconds) s \(here > there ? "ahead of" : "behind") \(account.stripe.baseURL).",
            remedy: "set this machine's clock, and keep it: timedatectl set-ntp true", exit: 1)
    }

    /// Reads `Sun, 29 Nov 2026 08:08:23 GMT`.
    static func moment(_ header: String) -> Timestamp? {
        let parts = header.split(separator: " ")
        let months = [
            "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
        ]
        guard parts.count == 6, parts[5] == "GMT", let month = months.firstIndex(of: String(parts[2]))
        else { return nil }
        let number = month < 9 ? "0\(month + 1)" : "\(month + 1)"
        return Timestamp(rfc3339: "\(parts[3])-\(number)-\(parts[1])T\(parts[4])Z")
    }
}
