import Glibc

/// Names on the disk: folders made, files renamed and removed, and all of it made to last.
package enum FileSystem {
    /// Makes `path` and its missing parents, each with mode 0700, and syncs the folder that holds each.
    package static func makeFolders(_ path: String) throws(FileFault) {
        if exists(path) { return }
        let parent = folder(of: path)
        if parent != path { try makeFolders(parent) }
        guard mkdir(path, 0o700) == 0 || errno == EEXIST else { throw .last("mkdir", path) }
        try syncFolder(parent)
    }

    /// Renames `old` to `new`, replacing a file. Not durable until the folder of `new` is synced.
    package static func rename(_ old: String, to new: String) throws(FileFault) {
        try DiskWatch.willDo(.rename(to: new), old)
        guard Glibc.rename(old, new) == 0 else { throw .last("rename", new) }
    }

    /// Returns when the names in folder `path` are on the disk.
    package static func syncFolder(_ path: String) throws(FileFault) {
        try OpenFile(path, .read).sync()
    }

    /// Removes a file; false when there was none.
    @discardableResult
    package static func removeFile(_ path: String) throws(FileFault) -> Bool {
        if unlink(path) == 0 { return true }
        guard errno == ENOENT else { throw .last("unlink", path) }
        return false
    }

    /// Removes a folder and the files in it; nothing when it is missing. Folders inside it are refused.
    package static func removeFolder(_ path: String) throws(FileFault) {
        guard exists(path) else { return }
        for name in try names(in: path) {
            try removeFile("\(path)/\(name)")
        }
        guard rmdir(path) == 0 || errno == ENOENT else { throw .last("rmdir", path) }
    }

    /// The names in a folder, sorted, without `.` and `..`.
    package static func names(in path: String) throws(FileFault) -> [String] {
        guard let stream = opendir(path) else { throw .last("opendir", path) }
        defer { closedir(stream) }
        var names: [String] = []
        while let entry = readdir(stream) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) { tuple in
                tuple.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name != ".", name != ".." { names.append(name) }
        }
        return names.sorted()
    }

    /// What tells a file from another one, and whether it is still being written.
    package struct Status: Hashable, Sendable {
        /// False for folders, links, pipes and whatever else there is.
        package let isRegular: Bool
        /// Its size in bytes.
        package let size: Int64
        /// Its number on its disk.
        package let inode: UInt64
        /// When it was last written, in nanoseconds since 1970.
        package let modifiedAt: Int64
    }

    /// The status of what stands at `path`; a link is not followed.
    package static func status(of path: String) throws(FileFault) -> Status {
        var facts = stat()
        guard lstat(path, &facts) == 0 else { throw .last("lstat", path) }
        return Status(
            isRegular: facts.st_mode & S_IFMT == S_IFREG, size: Int64(facts.st_size),
            inode: UInt64(facts.st_ino),
            modifiedAt: Int64(facts.st_mtim.tv_sec) * 1_000_000_000 + Int64(facts.st_mtim.tv_nsec))
    }

    /// True when something has that name.
    package static func exists(_ path: String) -> Bool {
        access(path, F_OK) == 0
    }

    /// The size of a file; nil when it is not there.
    package static func size(of path: String) -> Int64? {
        var facts = stat()
        return stat(path, &facts) == 0 ? Int64(facts.st_size) : nil
    }

    /// All bytes of a file that is known to be small; `limit` bounds it, a longer one is a fault (EFBIG).
    package static func contents(of path: String, limit: Int = 16 << 20) throws(FileFault) -> [UInt8] {
        let file = try OpenFile(path, .read)
        let size = try file.size()
        guard size <= limit else { throw FileFault(errno: EFBIG, operation: "read", path: path) }
        var bytes = [UInt8](repeating: 0, count: Int(size))
        let count = try bytes.withUnsafeMutableBufferPointer { buffer throws(FileFault) in
            try file.read(into: UnsafeMutableRawBufferPointer(buffer))
        }
        return Array(bytes.prefix(count))
    }

    /// Bytes that this process may still write to the file system of `path`.
    package static func available(at path: String) throws(FileFault) -> Int64 {
        if let free = DiskWatch.present?.free() { return free }
        var facts = statvfs()
        guard statvfs(path, &facts) == 0 else { throw .last("statvfs", path) }
        return Int64(clamping: UInt64(facts.f_bavail) * UInt64(facts.f_frsize))
    }

    /// The folder that holds `path`.
    package static func folder(of path: String) -> String {
        guard let slash = path.lastIndex(of: "/") else { return "." }
        return slash == path.startIndex ? "/" : String(path[..<slash])
    }
}
