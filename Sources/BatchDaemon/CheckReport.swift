import BatchCore
import StripeBatch

extension Configuration {
    /// What `batchd check` says of a good configuration. Keys are not shown.
    package var summary: String {
        var lines = ["configuration is good: \(files.joined(separator: ", "))"]
        for account in accounts {
            let mode = account.livemode ? "live" : "test"
            lines.append(
                "account \(account.policy.name): \(account.stripe.baseURL), \(account.policy.apiVersion), \(mode) mode"
            )
        }
        for queue in queues {
            lines.append("queue \(queue.name): \(queue.endpoint), account \(queue.account.name)")
        }
        lines.append("state: \(storage.stateDirectory)")
        lines.append("archive: \(storage.archiveDirectory)")
        lines.append("socket: \(control.socket)")
        if let inbox { lines.append("inbox: \(inbox)") }
        if let metrics { lines.append("metrics: http://\(metrics)/metrics") }
        if let webhook { lines.append("webhook: http://\(webhook.listen)/webhook") }
        return lines.joined(separator: "\n")
    }
}
