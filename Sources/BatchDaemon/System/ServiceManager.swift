import Glibc

/// Tells systemd how we are: the protocol of `sd_notify(3)`, a datagram a message.
///
/// Without `$NOTIFY_SOCKET` nothing is sent. A message that cannot be sent is lost on purpose:
/// a service manager that does not listen must not stop the service.
package struct ServiceManager: Sendable {
    private let address: String?

    /// Speaks to the socket that the environment names, if any.
    package init(environment: [String: String]) {
        address = environment["NOTIFY_SOCKET"].flatMap { $0.isEmpty ? nil : $0 }
    }

    /// We are ready: recovery is over and the control socket answers.
    package func ready(status: String) { send("READY=1\nSTATUS=\(line(status))") }

    /// We are on our way out.
    package func stopping(status: String) { send("STOPPING=1\nSTATUS=\(line(status))") }

    /// What we do now, for `systemctl status`.
    package func status(_ text: String) { send("STATUS=\(line(text))") }

    private func line(_ text: String) -> String {
        String(text.map { $0.isNewline ? " " : $0 })
    }

    private func send(_ message: String) {
        guard let address else { return }
        var name = sockaddr_un()
        name.sun_family = sa_family_t(AF_UNIX)
        // A name that begins with @ is abstract: no file, and a zero byte in the @'s place.
        var path = Array(address.utf8)
        if path.first == UInt8(ascii: "@") { path[0] = 0 }
        guard path.count < MemoryLayout.size(ofValue: name.sun_path) else { return }
        withUnsafeMutableBytes(of: &name.sun_path) { $0.copyBytes(from: path) }
        let abstract = path.first == 0
        let length = MemoryLayout<sockaddr_un>.offset(of: \.sun_path)! + path.count + (abstract ? 0 : 1)
        let channel = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        guard channel >= 0 else { return }
        defer { close(channel) }
        _ = withUnsafePointer(to: &name) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { pointer in
                sendto(
                    channel, message, message.utf8.count, Int32(MSG_NOSIGNAL), pointer,
                    socklen_t(length)
                )
            }
        }
    }
}
