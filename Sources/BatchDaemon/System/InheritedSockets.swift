import Env
import Glibc

/// Sockets that systemd made and keeps for us: the protocol of `sd_listen_fds_with_names(3)`.
///
/// They outlive us: callers that come while we are away wait in them.
package enum InheritedSockets {
    /// The first descriptor that is handed over.
    private static let first: Int32 = 3
    private static let most: Int32 = 64

    /// The socket called `name`, by the `FileDescriptorName=` of its unit; nil when nothing was handed to us.
    ///
    /// Whatever else was handed to us stays untouched.
    /// - Throws: `InheritedSocketError` when there are sockets, but none of that name.
    package static func named(
        _ name: String, environment: [String: String], pid: Int32 = getpid()
    ) throws(InheritedSocketError) -> Int32? {
        guard environment["LISTEN_PID"].flatMap({ Int32($0) }) == pid,
            let count = environment["LISTEN_FDS"].flatMap({ Int32($0) }), (1...most).contains(count)
        else { return nil }
        let names = (environment["LISTEN_FDNAMES"] ?? "").split(
            separator: ":", omittingEmptySubsequences: false
        ).map(String.init)
        guard let index = names.prefix(Int(count)).firstIndex(of: name) else {
            throw .nameless(name, names: names)
        }
        let descriptor = first + Int32(index)
        var kind: Int32 = 0
        var length = socklen_t(MemoryLayout<Int32>.size)
        guard getsockopt(descriptor, SOL_SOCKET, SO_ACCEPTCONN, &kind, &length) == 0, kind == 1 else {
            throw .notListening(name)
        }
        // Children of ours have no business with it.
        _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
        return descriptor
    }
}

/// Why what systemd handed to us cannot be served.
package enum InheritedSocketError: Error, Hashable, CustomStringConvertible {
    /// There are sockets, but none of the name.
    case nameless(String, names: [String])
    /// It is no socket on which somebody can arrive.
    case notListening(String)

    /// A sentence for people.
    package var description: String {
        switch self {
        case .nameless(let name, let names):
            "systemd handed over sockets (\(names.joined(separator: ", "))), but none that is called \(name): "
                + "the socket unit needs FileDescriptorName=\(name)"
        case .notListening(let name):
            "the socket \(name) that systemd handed over takes no connections: "
                + "the socket unit needs ListenStream= and Accept=no"
        }
    }
}
