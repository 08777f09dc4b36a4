import Glibc

/// The journal's own socket, which takes fields beside the message, so that `journalctl BATCHD_JOB=…` finds a line.
///
/// Its protocol is a datagram of `KEY=value` lines; see systemd's "native journal protocol".
package final class JournalSocket: Sendable {
    private let channel: Int32
    private let address: UnixAddress

    /// Where journald listens.
    package static let standard = "/run/systemd/journal/socket"

    /// A way to the journal at `path`; nil when there is none.
    package init?(path: String = JournalSocket.standard) {
        guard let address = UnixAddress(path) else { return nil }
        channel = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        guard channel >= 0 else { return nil }
        self.address = address
    }

    deinit { close(channel) }

    /// Sends one entry; no value has a line feed. False when the journal did not take it.
    func send(_ fields: [(key: String, value: String)]) -> Bool {
        let text = fields.map { "\($0.key)=\($0.value)\n" }.joined()
        return address.withPointer {
            sendto(channel, text, text.utf8.count, Int32(MSG_NOSIGNAL), $0, $1)
        } == text.utf8.count
    }
}
