import Foundation

/// A control group with a limit on memory: beyond it the kernel kills.
struct MemoryLimit {
    private let folder: String

    /// Where groups are made, and the file that takes the limit: version 2, or 1 where the memory is still under that.
    private static let place: (root: String, file: String)? = {
        let (new, old) = ("/sys/fs/cgroup", "/sys/fs/cgroup/memory")
        guard getuid() == 0 else { return nil }
        if let kinds = try? String(contentsOfFile: new + "/cgroup.controllers", encoding: .utf8) {
            guard kinds.contains("memory") else { return nil }
            // Already so, where systemd runs; elsewhere nobody else did it.
            try? "+memory".write(toFile: new + "/cgroup.subtree_control", atomically: false, encoding: .utf8)
            return (new, "memory.max")
        }
        return access(old + "/memory.limit_in_bytes", F_OK) == 0 ? (old, "memory.limit_in_bytes") : nil
    }()

    /// True where a limit can be set.
    static let canSet = !isTemporaryFolderInMemory && (try? with(bytes: 64_000_000) { _ in }) != nil

    /// What is written to a disk in memory would count as the daemon's own.
    private static var isTemporaryFolderInMemory: Bool {
        let mounts = try? String(contentsOfFile: "/proc/self/mounts", encoding: .utf8)
        return mounts?.split(separator: "\n").contains { line in
            let fields = line.split(separator: " ")
            return fields.count > 2 && fields[1] == "/tmp" && fields[2] == "tmpfs"
        } ?? false
    }

    /// Makes a group around `body`. No process may be in it any more when `body` ends.
    static func with<Value>(bytes: Int, _ body: (MemoryLimit) throws -> Value) throws -> Value {
        let limit = try MemoryLimit(bytes: bytes)
        defer { limit.remove() }
        return try body(limit)
    }

    init(bytes: Int) throws {
        guard let (root, file) = Self.place else { throw Failure("no memory control group") }
        folder = "\(root)/batchd-test-\(UUID().uuidString.prefix(13))"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: false)
        try set(file, "\(bytes)")
    }

    /// Puts a process into the group: what it takes from now on counts.
    func hold(_ pid: Int) throws { try set("cgroup.procs", "\(pid)") }

    func remove() { rmdir(folder) }

    private func set(_ file: String, _ value: String) throws {
        guard let handle = FileHandle(forWritingAtPath: "\(folder)/\(file)") else {
            throw Failure("no \(folder)/\(file)")
        }
        try handle.write(contentsOf: Data(value.utf8))
        try handle.close()
    }
}
