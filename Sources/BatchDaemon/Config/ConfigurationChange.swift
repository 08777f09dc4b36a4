import BatchCore
import StripeBatch
import Yams

/// What a new configuration changes, key by key. It shows no secret.
package struct ConfigurationChange {
    /// One key with a new value.
    package struct Line: Hashable, Sendable {
        /// The full name of the key: `queues.a.priority`.
        package let key: String
        /// The value before; nil when the key did not stand in the files.
        package let before: String?
        /// The value now; nil when the key stands there no more.
        package let now: String?
    }

    /// What changes at once, by key.
    package let lines: [Line]
    /// What was written anew, and takes a restart.
    package let kept: [Line]
    /// Accounts whose key file holds another key, and `webhook` when its secrets are others.
    package let secrets: [String]
    /// The new configuration, but for what takes a restart.
    package let result: Configuration

    /// Compares what is in force with what was read.
    package init(from old: Configuration, to new: Configuration) {
        let (fixedBefore, fixedNow) = (old.fixed, new.fixed)
        kept = zip(fixedBefore, fixedNow).filter { $0.value != $1.value }
            .map { Line(key: $0.key, before: $0.value, now: $1.value) }
        let fixed = Set(fixedBefore.map(\.key))
        lines = Set(old.given.keys).union(new.given.keys).sorted()
            .filter { old.given[$0] != new.given[$0] && !fixed.contains($0) }
            .map { Line(key: $0, before: old.given[$0], now: new.given[$0]) }
        let keys = Dictionary(old.accounts.map { ($0.policy.name, $0.stripe.key) }, uniquingKeysWith: { $1 })
        var secrets = new.accounts.filter { account in
            keys[account.policy.name].map { $0 != account.stripe.key } ?? false
        }.map { "accounts.\($0.policy.name)" }
        result = new.keepingFixed(of: old)
        if let before = old.webhook, let now = result.webhook, before.secrets != now.secrets {
            secrets.append("webhook")
        }
        self.secrets = secrets
    }
}

extension Configuration {
    /// What is opened once, at the start, as it is in force.
    fileprivate var fixed: [(key: String, value: String)] {
        [
            ("storage.state_dir", storage.stateDirectory), ("storage.archive_dir", storage.archiveDirectory),
            ("control.socket", control.socket),
            ("control.socket_mode", "0" + String(control.socketMode, radix: 8)),
            ("inbox", inbox ?? "null"), ("metrics.listen", metrics?.description ?? "null"),
            ("webhook.listen", webhook?.listen.description ?? "null"),
        ]
    }

    fileprivate func keepingFixed(of old: Configuration) -> Configuration {
        var kept = self
        kept.storage = old.storage
        kept.storage.minFree = storage.minFree
        kept.control = old.control
        kept.inbox = old.inbox
        kept.metrics = old.metrics
        kept.webhook = old.webhook.map { listener in
            Webhook(listen: listener.listen, secrets: webhook?.secrets ?? listener.secrets)
        }
        return kept
    }
}

/// Every key of these files with its value, as it may be shown.
func flattened(_ parts: [(file: String, node: Node)]) -> [String: String] {
    var values: [String: String] = [:]
    for part in parts { part.node.flatten("", into: &values) }
    return values
}

extension Node {
    fileprivate func flatten(_ path: String, into values: inout [String: String]) {
        switch self {
        case .mapping(let mapping):
            for (key, value) in mapping {
                let name = key.scalar?.string ?? ""
                value.flatten(path.isEmpty ? name : "\(path).\(name)", into: &values)
            }
        case .sequence(let nodes):
            for (index, node) in nodes.enumerated() { node.flatten("\(path)[\(index)]", into: &values) }
        case .scalar(let scalar):
            values[path] = looksSecret(scalar.string) ? scalar.word.shown : scalar.string
        case .alias: break
        }
    }
}
