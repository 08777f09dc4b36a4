import BatchCore
import ControlAPI
import Env
import Glibc

/// Whether files can come into the inbox, and be moved out of the way again.
struct InboxChecks {
    private let root: String
    private let queues: [String]
    private let state: String

    /// Nothing is looked at without an inbox.
    init?(_ configuration: Configuration) {
        guard let root = configuration.inbox else { return nil }
        self.root = root
        queues = configuration.queues.map(\.name)
        state = configuration.storage.stateDirectory
    }

    func add(to findings: inout DoctorFindings) {
        let problems = [missing() ?? unusable(root)].compactMap(\.self)
        guard problems.isEmpty else { return findings.add(problems) }
        let found = ([strangers()] + queues.map(lane)).compactMap(\.self)
        let well = DoctorCheck("inbox", DoctorCheck.ok, "\(root) can be used, for each queue.")
        findings.add(found.isEmpty ? [well] : found)
    }

    private func fail(_ detail: String, _ remedy: String) -> DoctorCheck {
        DoctorCheck("inbox", DoctorCheck.fail, detail, remedy: remedy, exit: 2)
    }

    private func warn(_ detail: String, _ remedy: String) -> DoctorCheck {
        DoctorCheck("inbox", DoctorCheck.warn, detail, remedy: remedy)
    }

    /// What makes a folder writable: its owner, and the unit, which shows the daemon a few folders only.
    private func opening(_ path: String) -> String {
        "chown \(path) to the user of the daemon; under systemd also ReadWritePaths=\(root), by systemctl edit batchd"
    }

    private func missing() -> DoctorCheck? {
        guard FileFacts(of: root) == nil else { return nil }
        let parent = FolderChecks.existing(root)
        if access(parent, W_OK | X_OK) == 0 {
            return DoctorCheck("inbox", DoctorCheck.ok, "\(root) is made at the start.")
        }
        return fail(
            "\(root) is not there, and cannot be made in \(parent): \(FolderChecks.lastError).",
            "mkdir -m 770 \(root), and \(opening(root))")
    }

    private func unusable(_ path: String) -> DoctorCheck? {
        guard let facts = FileFacts(of: path) else { return nil }
        guard facts.isFolder else {
            return fail("\(path) is no folder.", "move it away, or give inbox another path")
        }
        guard access(path, R_OK | W_OK | X_OK) == 0 else {
            return fail("\(path) cannot be written: \(FolderChecks.lastError).", opening(path))
        }
        // Root may do everything; the daemon is somebody else.
        if geteuid() == 0, let daemon = FileFacts(of: state)?.owner, facts.owner != daemon,
            facts.permissions & 0o022 == 0
        {
            return warn(
                "\(path) belongs to another user than \(state), who alone may write there.", opening(path))
        }
        if facts.permissions & 0o002 != 0 {
            return warn("Every user of this machine can submit by \(path).", "chmod o-w \(path)")
        }
        return nil
    }

    /// The folder of one queue, with what was taken and what was not.
    private func lane(_ queue: String) -> DoctorCheck? {
        let folder = InboxFolder(inbox: root, queue: queue)
        guard let facts = FileFacts(of: folder.path) else { return nil }
        if let unusable = unusable(folder.path) { return unusable }
        for name in InboxFolder.places {
            let place = "\(folder.path)/\(name)"
            guard let there = FileFacts(of: place) else { continue }
            guard there.identity.device == facts.identity.device else {
                return fail(
                    "\(place) is on another disk than \(folder.path): no file can be renamed into it.",
                    "unmount it, or replace the link by a folder")
            }
            if let unusable = unusable(place) { return unusable }
        }
        do {
            let closed = try folder.files().filter { access("\(folder.path)/\($0.name)", R_OK) != 0 }
            guard let first = closed.first else { return nil }
            let more = closed.count > 1 ? ", and \(closed.count - 1) more" : ""
            return warn(
                "The daemon may not read \(folder.path)/\(first.name)\(more): it is rejected.",
                "give files a group that the daemon is in, and mode 640, before they are renamed into it")
        } catch {
            return fail("\(folder.path) cannot be read: \(error)", opening(folder.path))
        }
    }

    /// Folders from which nothing is taken.
    private func strangers() -> DoctorCheck? {
        do {
            let others = try FileSystem.names(in: root).filter {
                !$0.hasPrefix(".") && !queues.contains($0)
            }
            guard let first = others.first else { return nil }
            let near = nearest(to: first, among: queues).map { "; did you mean \($0)?" } ?? ""
            return warn(
                "Nothing is taken from \(root)/\(first): there is no such queue\(near)",
                "move its files into the folder of a queue: \(queues.joined(separator: ", "))")
        } catch {
            return fail("\(root) cannot be read: \(error)", opening(root))
        }
    }
}
