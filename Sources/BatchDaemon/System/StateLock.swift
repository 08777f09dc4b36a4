package import BatchCore
package import Env
import Glibc

/// Ownership of a state directory: one daemon at a time, for as long as this value lives.
///
/// The kernel drops the lock when the process ends, however it ends, so a lock file that was
/// left behind means nothing. What stands in it only names the owner to the next who comes.
package struct StateLock: ~Copyable {
    private let file: Int32

    /// Makes `directory` (0700) when it is not there, and takes its lock, before anything in it is touched.
    package init(
        directory: String, pid: Int32, now: Timestamp
    ) throws(StateLockError) {
        do {
            try FileSystem.makeFolders(directory)
        } catch {
            throw .unusable(error)
        }
        let path = directory + "/batchd.lock"
        let file = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard file >= 0 else { throw .unusable(.last("open", path)) }
        guard flock(file, LOCK_EX | LOCK_NB) == 0 else {
            let fault = FileFault.last("flock", path)
            defer { close(file) }
            guard fault.errno == EWOULDBLOCK else { throw .unusable(fault) }
            throw .taken(directory: directory, owner: Self.owner(in: file))
        }
        let text = "pid \(pid)\nsince \(now.rfc3339)\n"
        guard ftruncate(file, 0) == 0, pwrite(file, text, text.utf8.count, 0) == text.utf8.count else {
            let fault = FileFault.last("write", path)
            close(file)
            throw .unusable(fault)
        }
        self.file = file
    }

    /// Keeps daemons away from `directory` while it is read; changes nothing in it.
    ///
    /// A folder without a lock file, a copy say, belongs to nobody.
    package init(sharing directory: String) throws(StateLockError) {
        let path = directory + "/batchd.lock"
        let file = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW)
        guard file >= 0 || errno == ENOENT else { throw .unusable(.last("open", path)) }
        if file >= 0, flock(file, LOCK_SH | LOCK_NB) != 0 {
            let fault = FileFault.last("flock", path)
            defer { close(file) }
            guard fault.errno == EWOULDBLOCK else { throw .unusable(fault) }
            throw .taken(directory: directory, owner: Self.owner(in: file))
        }
        self.file = file
    }

    deinit { if file >= 0 { close(file) } }

    /// `pid 812 since 2026-03-09T20:55:31.000Z`, as the owner wrote it.
    private static func owner(in file: Int32) -> String {
        var bytes = [UInt8](repeating: 0, count: 128)
        let count = pread(file, &bytes, bytes.count, 0)
        let lines = String(decoding: bytes.prefix(max(0, count)), as: UTF8.self).split(separator: "\n")
        return lines.joined(separator: " ")
    }
}

/// Why the state directory is not ours.
package enum StateLockError: Error, Hashable, CustomStringConvertible {
    /// Another process has it; `owner` is what that one wrote about itself.
    case taken(directory: String, owner: String)
    /// The folder or the lock file cannot be made or opened.
    case unusable(FileFault)

    /// A sentence for people.
    package var description: String {
        switch self {
        case .taken(let directory, let owner):
            let who = owner.isEmpty ? "" : " (\(owner))"
            return "another batchd\(who) owns \(directory): stop it first, or give this one a state_dir "
                + "of its own"
        case .unusable(let fault):
            return "cannot use the state directory: \(fault)"
        }
    }
}
