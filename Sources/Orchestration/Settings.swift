package import BatchCore
package import StripeBatch

/// What the operator decided, as far as it steers the work.
package struct Settings: Sendable {
    /// The queues by name.
    package var queues: [String: QueuePolicy]
    /// The accounts by name: those of the queues, and those that only have jobs of before.
    package var accounts: [String: AccountPolicy]
    /// A client for each account, by the account's name.
    package var clients: [String: StripeClient]
    /// Bytes that must stay free for intake and new input files.
    package var minFree: Int64
    /// Stripe's limits.
    package var limits: Limits
    /// What the clocks of a time zone show at a moment, in seconds ahead of UTC.
    package var zone: @Sendable (_ name: String, _ at: Timestamp) -> Int64

    /// Settings, one by one.
    package init(
        queues: [QueuePolicy], accounts: [AccountPolicy] = [], clients: [String: StripeClient],
        minFree: Int64, limits: Limits = Limits(),
        zone: @escaping @Sendable (_ name: String, _ at: Timestamp) -> Int64 = { _, _ in 0 }
    ) {
        self.accounts = Dictionary(
            (accounts + queues.map(\.account)).map { ($0.name, $0) }, uniquingKeysWith: { $1 })
        self.queues = Dictionary(uniqueKeysWithValues: queues.map { ($0.name, $0) })
        self.clients = clients
        self.minFree = minFree
        self.limits = limits
        self.zone = zone
    }

    /// When a queue begins jobs again by its window; nil while it does.
    package func opening(of policy: QueuePolicy, after now: Timestamp) -> Timestamp? {
        guard let window = policy.window else { return nil }
        return window.nextOpening(after: now) { zone(window.zone, $0) }
    }
}
