import BatchCore
import BatchStore
package import ControlAPI
package import Env
import Glibc
import StripeBatch

/// Looks at everything that the daemon stands on, and says of each piece whether it is well and what to do.
///
/// It needs no daemon. It changes nothing, and asks Stripe once for each account.
package struct Doctor: Sendable {
    private let config: String?
    private let environment: [String: String]
    private let clock: Clock
    private let store: Store?

    /// A doctor without a daemon; `config` is `--config`.
    package init(config: String?, environment: [String: String], clock: Clock) {
        self.init(config: config, environment: environment, clock: clock, store: nil)
    }

    /// A doctor inside the daemon that has this store.
    init(config: String?, environment: [String: String], clock: Clock, store: Store?) {
        self.config = config
        self.environment = environment
        self.clock = clock
        self.store = store
    }

    /// Looks at everything. `socket` is where an operator looks for the daemon, when they named a place.
    package func examine(socket: String? = nil) async -> DoctorReport {
        var findings = DoctorFindings()
        guard let configuration = readConfiguration(&findings) else {
            if let socket { findings.add(SocketCheck.check(socket, configured: nil)) }
            findings.unseen.append("Everything else is looked at once the configuration can be read.")
            return findings.report
        }
        FolderChecks(configuration.storage).add(to: &findings)
        InboxChecks(configuration)?.add(to: &findings)
        if store == nil {
            let configured = configuration.control.socket
            findings.add(SocketCheck.check(socket ?? configured, configured: configured))
        }
        let transport = HTTPTransport()
        for account in configuration.accounts {
            await AccountChecks(account, transport: transport, clock: clock, willRead: willRead)
                .add(to: &findings)
        }
        // Nothing is left to be closed that a failure could be about.
        try? await transport.shutdown()
        addBudgets(configuration, &findings)
        return findings.report
    }

    private func willRead(_ account: String) throws {
        _ = try store?.countRead(of: account, in: clock.now().month)
    }

    private func readConfiguration(_ findings: inout DoctorFindings) -> Configuration? {
        let path: String
        do {
            path = try ConfigurationFile.locate(option: config, environment: environment)
        } catch {
            findings.add(
                DoctorCheck(
                    "config", DoctorCheck.fail, error.description,
                    remedy: "write it (config/batchd.yaml has every key), or name it with --config", exit: 2))
            return nil
        }
        do {
            let configuration = try Configuration.read(path, environment: environment)
            add(configuration.warnings, of: path, to: &findings)
            return configuration
        } catch {
            add(error.problems, of: path, to: &findings)
            return nil
        }
    }

    private func add(_ problems: [Problem], of path: String, to findings: inout DoctorFindings) {
        func checks(_ problems: [Problem], _ name: String, _ fallback: String) -> [DoctorCheck] {
            problems.map { problem in
                DoctorCheck(
                    name, problem.severity == .error ? DoctorCheck.fail : DoctorCheck.warn,
                    [problem.place?.description, problem.message].compactMap(\.self).joined(separator: ": "),
                    remedy: problem.remedy ?? fallback, exit: 2)
            }
        }
        let written = problems.filter { !$0.isAboutKey }
        let keys = problems.filter(\.isAboutKey)
        findings.add(
            written.isEmpty
                ? [DoctorCheck("config", DoctorCheck.ok, path)]
                : checks(written, "config", "correct it, then see: batchd check --config \(path)"))
        findings.add(
            keys.isEmpty
                ? written.contains { $0.severity == .error }
                    ? [] : [DoctorCheck("key", DoctorCheck.ok, "Each account has one, for this user alone.")]
                : checks(keys, "key", ""))
    }

    /// The month's GETs; without a daemon they are read as an audit of a stopped one reads them.
    private func addBudgets(_ configuration: Configuration, _ findings: inout DoctorFindings) {
        let folder = configuration.storage.stateDirectory
        do {
            if let store { return try add(configuration, from: store, &findings) }
            guard FileSystem.exists(folder + "/batchd.db") else { return }
            let lock = try StateLock(sharing: folder)
            try add(configuration, from: try Store(copyAt: folder + "/batchd.db"), &findings)
            withExtendedLifetime(lock) {}
        } catch StateLockError.taken {
            findings.unseen.append(
                "The read budget is known to the daemon alone: ask it with batchctl doctor.")
        } catch {
            findings.add(
                DoctorCheck(
                    "database", DoctorCheck.fail, "It cannot be read: \(error)",
                    remedy: "keep a copy of both folders, and run: batchctl audit --offline", exit: 7))
        }
    }

    private func add(
        _ configuration: Configuration, from store: Store, _ findings: inout DoctorFindings
    ) throws {
        for account in configuration.accounts {
            guard let limit = account.policy.readsPerMonth else { continue }
            let name = account.policy.name
            let made = try store.reads(of: name, in: clock.now().month)
            let isShort = made * 10 >= Int64(limit) * 8
            findings.add(
                DoctorCheck(
                    "reads \(name)", isShort ? DoctorCheck.warn : DoctorCheck.ok,
                    "\(made.grouped) of \(limit.grouped) GETs are made this month"
                        + (isShort ? ": jobs are looked at rarely." : "."),
                    remedy: isShort
                        ? "raise accounts.\(name).read_budget_per_month if Stripe grants more, or wait for the 1st"
                        : nil))
        }
    }
}

/// What a doctor has found so far.
struct DoctorFindings {
    private(set) var checks: [DoctorCheck] = []
    var unseen: [String] = []

    var report: DoctorReport { DoctorReport(checks: checks, unseen: unseen) }

    mutating func add(_ check: DoctorCheck) { checks.append(check) }
    mutating func add(_ more: [DoctorCheck]) { checks += more }
}
