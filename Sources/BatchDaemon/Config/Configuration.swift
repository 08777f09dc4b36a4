package import BatchCore
package import StripeBatch

/// Everything the operator decides, read once from `batchd.yaml` and `conf.d`.
///
/// Keys, defaults and their meaning: `interfaces.md` section 2.
package struct Configuration: Sendable {
    /// The files it was read from, in that order.
    package var files: [String]
    /// At least one, in the order of the files.
    package var accounts: [Account]
    /// Where things are kept.
    package var storage: Storage
    /// How operators reach the daemon.
    package var control: Control
    /// At least one, in the order of the files.
    package var queues: [QueuePolicy]
    /// The folder whose files are submitted; nil when there is none.
    package var inbox: String?
    /// Where metrics are served besides the control socket; nil for nowhere.
    package var metrics: ListenAddress?
    /// Where Stripe's events are taken; nil for nowhere.
    package var webhook: Webhook?
    /// What deserves a look, though the daemon can run.
    package var warnings: [Problem]
    /// Every key that stands in the files, by its full name, with its value as it may be shown.
    package var given: [String: String]

    /// One Stripe credential.
    package struct Account: Sendable {
        /// Its name, API version and limits.
        package var policy: AccountPolicy
        /// Where and with which key it is reached.
        package var stripe: StripeAccount
        /// Whether it may act on real data.
        package var livemode: Bool
    }

    /// Where things are kept.
    package struct Storage: Hashable, Sendable {
        /// The folder of the database, the lock and the spool.
        package var stateDirectory: String
        /// The folder of the archive.
        package var archiveDirectory: String
        /// Bytes that must be free for intake and new input files; 0 switches the guard off.
        package var minFree: Int64
    }

    /// The listener for Stripe's events.
    package struct Webhook: Hashable, Sendable {
        /// Where it listens.
        package var listen: ListenAddress
        /// What signs the events: more than one while a secret is being replaced.
        package var secrets: [WebhookSecret]
    }

    /// The control socket.
    package struct Control: Hashable, Sendable {
        /// Its path, at most 107 bytes.
        package var socket: String
        /// Its permissions.
        package var socketMode: UInt32
        /// The group that a socket of our own gets: its members may look. nil leaves it our own.
        package var readGroup: Group?
        /// The group whose members may change things; nil when everybody may who can connect.
        package var adminGroup: Group?
    }

    /// A group of users of this machine.
    package struct Group: Hashable, Sendable {
        /// Its name.
        package var name: String
        /// Its number.
        package var id: UInt32
    }
}
