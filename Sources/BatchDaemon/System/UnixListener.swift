import Env
import Glibc

/// The socket on which callers of the control interface arrive: systemd's, or one that we make.
struct UnixListener {
    /// Callers who wait to be served; more are refused by the kernel.
    private static let backlog: Int32 = 128

    /// It belongs to whoever serves it, and is closed by them.
    let descriptor: Int32
    /// The file that we made: told by what it is, because another may have taken its place.
    private let file: (path: String, identity: FileFacts.Identity)?

    /// Takes a socket over that systemd made. Its file is systemd's, and so are its permissions.
    init(inherited descriptor: Int32) {
        self.descriptor = descriptor
        file = nil
    }

    /// Makes a socket at `path`, with its owner's group and permissions in place before anybody can connect.
    ///
    /// A dead socket that is in the way is taken away: one at which nobody answers, while we hold the lock of
    /// our state directory. Anything else stays.
    init(path: String, mode: UInt32, group: UInt32?) throws {
        guard !Self.isAnswering(path) else { throw ControlServerError.taken(path: path) }
        try FileSystem.makeFolders(FileSystem.folder(of: path))
        if let found = FileFacts(of: path, link: true) {
            guard found.isSocket else { throw ControlServerError.inTheWay(path: path) }
            unlink(path)
        }
        guard let address = UnixAddress(path) else { throw ControlServerError.inTheWay(path: path) }
        let kind = Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue)
        let descriptor = socket(AF_UNIX, kind, 0)
        guard descriptor >= 0 else { throw FileFault.last("socket", path) }
        do {
            // Under umask 0077, and refused by the kernel until it listens.
            guard address.withPointer({ bind(descriptor, $0, $1) }) == 0 else {
                throw FileFault.last("bind", path)
            }
            if let group, chown(path, .max, group) != 0 { throw FileFault.last("chown", path) }
            guard chmod(path, mode) == 0 else { throw FileFault.last("chmod", path) }
            guard listen(descriptor, Self.backlog) == 0 else { throw FileFault.last("listen", path) }
        } catch {
            close(descriptor)
            throw error
        }
        self.descriptor = descriptor
        file = FileFacts(of: path, link: true).map { (path, $0.identity) }
    }

    /// Removes the socket's file, if it is one that we made and nobody has put another in its place.
    func removeFile() {
        guard let file, FileFacts(of: file.path, link: true)?.identity == file.identity else { return }
        unlink(file.path)
    }

    /// True when something accepts connections at the socket.
    private static func isAnswering(_ path: String) -> Bool {
        let channel = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        guard channel >= 0 else { return false }
        defer { close(channel) }
        guard let address = UnixAddress(path) else { return false }
        return address.withPointer { connect(channel, $0, $1) } == 0
    }
}

/// Why the control socket cannot be served.
enum ControlServerError: Error, CustomStringConvertible {
    /// Another program answers there.
    case taken(path: String)
    /// What is there is no socket.
    case inTheWay(path: String)

    /// A sentence for people.
    var description: String {
        switch self {
        case .taken(let path):
            "another program answers at \(path): stop it, or give this daemon a control.socket of its own"
        case .inTheWay(let path):
            "\(path) is no socket, and is left alone: move it away, or name another control.socket"
        }
    }
}
