import BatchCore
import ControlAPI
import Env
import Glibc

/// Whether the folders of the daemon can be used, are for it alone, and have room.
struct FolderChecks {
    private let storage: Configuration.Storage

    init(_ storage: Configuration.Storage) {
        self.storage = storage
    }

    func add(to findings: inout DoctorFindings) {
        findings.add(folder("state", storage.stateDirectory, key: "storage.state_dir"))
        findings.add(folder("archive", storage.archiveDirectory, key: "storage.archive_dir"))
        findings.add(room("disk", at: storage.stateDirectory))
        if device(of: storage.archiveDirectory) != device(of: storage.stateDirectory) {
            findings.add(room("disk of the archive", at: storage.archiveDirectory))
        }
    }

    private func folder(_ name: String, _ path: String, key: String) -> DoctorCheck {
        func fail(_ detail: String, _ remedy: String) -> DoctorCheck {
            DoctorCheck(name, DoctorCheck.fail, detail, remedy: remedy, exit: 2)
        }
        guard let facts = FileFacts(of: path) else {
            let parent = Self.existing(path)
            guard errno == ENOENT, isFolder(parent) else {
                return fail("\(path) cannot be made: \(parent) is no folder.", "give \(key) another path")
            }
            guard access(parent, W_OK | X_OK) == 0 else {
                return fail(
                    "\(path) is not there, and cannot be made in \(parent): \(Self.lastError).",
                    "mkdir -m 700 \(path), and chown it to the user of the daemon")
            }
            return DoctorCheck(name, DoctorCheck.ok, "\(path) is made at the first start.")
        }
        guard facts.isFolder else {
            return fail("\(path) is no folder.", "move it away, or give \(key) another path")
        }
        guard access(path, R_OK | W_OK | X_OK) == 0 else {
            return fail(
                "\(path) cannot be written: \(Self.lastError).",
                "chown it to the user of the daemon; when the disk is read-only, mount it writable")
        }
        if facts.permissions & 0o077 != 0 {
            return DoctorCheck(
                name, DoctorCheck.warn, "Other users can look into \(path), which holds your rows.",
                remedy: "chmod 700 \(path)")
        }
        return DoctorCheck(name, DoctorCheck.ok, "\(path) is writable, and for this user alone.")
    }

    private func room(_ name: String, at path: String) -> DoctorCheck {
        let free: Int64
        do {
            free = try FileSystem.available(at: Self.existing(path))
        } catch {
            return DoctorCheck(
                name, DoctorCheck.fail, "Nobody knows how much space is left: \(error)",
                remedy: "see that the disk of \(path) is mounted")
        }
        let minimum = storage.minFree
        let figures =
            "\(free.asBytes) are free; storage.min_free wants \(minimum.asBytes) for intake."
        guard free < minimum * 2 else { return DoctorCheck(name, DoctorCheck.ok, figures) }
        return DoctorCheck(
            name, free < minimum ? DoctorCheck.fail : DoctorCheck.warn, figures,
            remedy: "free some space on the disk of \(path), or lower storage.min_free", exit: 5)
    }

    static var lastError: String { String(cString: strerror(errno)) }

    /// The nearest folder above `path` that is there, or `path` itself.
    static func existing(_ path: String) -> String {
        var path = path
        while !FileSystem.exists(path), path != FileSystem.folder(of: path) {
            path = FileSystem.folder(of: path)
        }
        return path
    }

    private func device(of path: String) -> UInt64? {
        FileFacts(of: Self.existing(path))?.identity.device
    }

    private func isFolder(_ path: String) -> Bool {
        FileFacts(of: path)?.isFolder ?? false
    }
}

/// Whether a daemon answers where operators look for it.
enum SocketCheck {
    static func check(_ path: String, configured: String?) -> DoctorCheck {
        let start = "start it, and see why it stopped: systemctl start batchd; journalctl -u batchd"
        func fail(_ detail: String, _ remedy: String) -> DoctorCheck {
            DoctorCheck("socket", DoctorCheck.fail, detail, remedy: remedy, exit: 6)
        }
        guard let address = UnixAddress(path) else {
            return fail("\(path) is too long for a socket.", "use a path of at most 107 bytes")
        }
        let channel = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        defer { close(channel) }
        if address.withPointer({ connect(channel, $0, $1) }) == 0 {
            return DoctorCheck("socket", DoctorCheck.ok, "A daemon answers at \(path).")
        }
        let reason = errno
        if let configured, configured != path {
            return fail(
                "No daemon answers at \(path).",
                "the configuration has control.socket: \(configured); use --socket or $BATCHD_SOCKET")
        }
        switch reason {
        case ENOENT: return fail("No daemon runs: there is no socket \(path).", start)
        case EACCES, EPERM:
            return fail(
                "You may not use \(path).",
                "join the group that owns it ('ls -l \(path)' names it), or use sudo")
        default: return fail("No daemon runs: nobody listens at \(path).", start)
        }
    }
}
