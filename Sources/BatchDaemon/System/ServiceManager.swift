import Env
import Glibc

/// Tells systemd how we are: the protocol of `sd_notify(3)`, a datagram a message.
///
/// Without `$NOTIFY_SOCKET` nothing is sent. A message that cannot be sent is lost on purpose:
/// a service manager that does not listen must not stop the service.
package struct ServiceManager: Sendable {
    private let address: String?
    /// A sign of life is expected at least this often; nil when nobody waits for one.
    package let patience: Duration?

    /// Speaks to the socket that the environment names, if any.
    package init(environment: [String: String], pid: Int32 = getpid()) {
        address = environment["NOTIFY_SOCKET"].flatMap { $0.isEmpty ? nil : $0 }
        let isForUs = environment["WATCHDOG_PID"].map { Int32($0) == pid } ?? true
        patience =
            isForUs
            ? environment["WATCHDOG_USEC"].flatMap { Int64($0) }.flatMap { $0 > 0 ? .microseconds($0) : nil }
            : nil
    }

    /// True when somebody wants to know.
    package var listens: Bool { address != nil }

    /// A sign of life, for the watchdog.
    package func alive() { send("WATCHDOG=1") }

    /// We are ready: recovery is over and the control socket answers.
    package func ready(status: String) { send("READY=1\nSTATUS=\(line(status))") }

    /// We read the configuration again; `ready` ends it.
    package func reloading() {
        send(
            "RELOADING=1\nMONOTONIC_USEC=\(Clock.monotonicMicroseconds())\nSTATUS=Reading the configuration.")
    }

    /// We are on our way out.
    package func stopping(status: String) { send("STOPPING=1\nSTATUS=\(line(status))") }

    /// What we do now, for `systemctl status`.
    package func status(_ text: String) { send("STATUS=\(line(text))") }

    private func line(_ text: String) -> String {
        String(text.map { $0.isNewline ? " " : $0 })
    }

    private func send(_ message: String) {
        guard let address = address.flatMap(UnixAddress.init) else { return }
        let channel = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        guard channel >= 0 else { return }
        defer { close(channel) }
        _ = address.withPointer {
            sendto(channel, message, message.utf8.count, Int32(MSG_NOSIGNAL), $0, $1)
        }
    }
}
