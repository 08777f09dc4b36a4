import BatchCore
import ControlAPI
import Env
import Yams

extension Configuration {
    /// Reads `path` and the drop-ins beside it, and the key files they name.
    ///
    /// Throws every problem at once. `environment` gives `CREDENTIALS_DIRECTORY`.
    package static func read(
        _ path: String, environment: [String: String]
    ) throws(ConfigurationError) -> Configuration {
        let problems = Problems()
        let files = [path] + ConfigurationFile.dropIns(beside: path, problems: problems)
        let parts = files.compactMap { file in
            YAMLFile.read(file, problems: problems).map { (file: file, node: $0) }
        }
        // With a file missing from the picture, what the others refer to may look unknown.
        guard !problems.haveErrors else {
            throw ConfigurationError(problems: problems.sorted(files: files))
        }
        let root = Section(
            path: "", place: Place(file: path, mark: nil), parts: parts, problems: problems
        )
        let keys = KeyFiles(
            credentials: environment["CREDENTIALS_DIRECTORY"], beside: FileSystem.folder(of: path),
            problems: problems
        )
        let accounts = readAccounts(root.section("accounts"), keys: keys)
        let storage = Storage(root.section("storage"))
        let control = Control(root.section("control"))
        let queues = readQueues(root.section("queues"), accounts: accounts)
        let metrics = readMetrics(root.section("metrics"))
        let webhook = readWebhook(root.section("webhook"), keys: keys)
        let inbox = root.optional("inbox", .absolutePath).map(\.trimmedPath)
        root.finish()
        let found = problems.sorted(files: files)
        guard !problems.haveErrors else { throw ConfigurationError(problems: found) }
        return Configuration(
            files: files, accounts: accounts.compactMap(\.complete), storage: storage, control: control,
            queues: queues, inbox: inbox, metrics: metrics, webhook: webhook, warnings: found,
            given: flattened(parts)
        )
    }
}

extension Section {
    /// Reports every key that nobody asked for, by this version.
    func finish() { finish(version: batchdVersion) }

    /// The sections of named things, after checking that each name can be part of a path and a command.
    func things(_ kind: String) -> [(name: String, section: Section)] {
        let sections = namedSections()
        if sections.isEmpty { problems.error(at: place, "no \(kind) is configured: \(path) is empty") }
        for (name, section) in sections where !isGoodName(name) {
            problems.error(
                at: section.place,
                "\(Word(text: name, isPlain: true).shown) is not a name for \(article(kind)): "
                    + "use letters, digits, - and _, at most 64, and nothing like w12 or b34"
            )
        }
        return sections
    }
}

private func article(_ kind: String) -> String { kind == "account" ? "an account" : "a \(kind)" }

// Names stand in paths of the archive, and beside the ids of workloads and batches in commands.
private func isGoodName(_ name: String) -> Bool {
    (1...64).contains(name.utf8.count)
        && name.utf8.allSatisfy { isWordByte($0) || $0 == UInt8(ascii: "-") }
        && WorkloadID(name) == nil && BatchID(name) == nil
}

extension Configuration.Storage {
    init(_ section: Section) {
        let state = section.value("state_dir", .absolutePath, default: "/var/lib/batchd").trimmedPath
        stateDirectory = state
        archiveDirectory =
            section.value("archive_dir", .absolutePath, default: state + "/archive").trimmedPath
        minFree = section.optional("min_free", .size(0...Int64.max, sizeForm), default: 2_000_000_000) ?? 0
        section.finish()
    }
}

extension Configuration.Control {
    /// A Unix socket's address has room for no more.
    static let longestSocketPath = 107

    init(_ section: Section) {
        socket = section.value("socket", .absolutePath, default: "/run/batchd/batchd.sock")
        socketMode = section.value("socket_mode", .mode, default: 0o660)
        readGroup = section.optional("read_group", .group)
        adminGroup = section.optional("admin_group", .group)
        if socket.utf8.count > Self.longestSocketPath {
            section.problems.error(
                at: section.place(of: "socket"),
                "control.socket is \(socket.utf8.count) bytes long; "
                    + "the path of a Unix socket has room for \(Self.longestSocketPath)"
            )
        }
        if socketMode & 0o007 != 0, adminGroup == nil {
            section.problems.warn(
                at: section.place(of: "socket_mode"),
                "every user of this machine may submit and cancel with this socket_mode"
            )
        }
        section.finish()
    }
}

extension Form<Configuration.Group> {
    static var group: Self {
        Form("the name of a group of this machine") { word in
            Names.group(word.text).map { Configuration.Group(name: word.text, id: $0) }
        }
    }
}

/// How sizes are written, for messages.
let sizeForm = "a size such as 500kB, 64MB, 4GB or 64MiB"

extension Problems {
    /// True when the daemon cannot run.
    var haveErrors: Bool { list.contains { $0.severity == .error } }
}

extension String {
    /// A path without slashes at its end.
    var trimmedPath: String {
        var path = self
        while path.count > 1, path.hasSuffix("/") { path.removeLast() }
        return path
    }
}
