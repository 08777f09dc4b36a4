import Glibc

/// Makes folders.
enum Folder {
    /// Makes the folder at `path`, and those above it that are missing. One that is there keeps its permissions.
    static func make(_ path: String, mode: UInt32) throws(SystemError) {
        if mkdir(path, mode) == 0 { return }
        let failure = SystemError()
        switch failure.code {
        case EEXIST:
            var status = stat()
            guard stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFDIR else { throw failure }
        case ENOENT:
            guard let slash = path.lastIndex(of: "/"), slash > path.startIndex else { throw failure }
            try make(String(path[..<slash]), mode: mode)
            guard mkdir(path, mode) == 0 || errno == EEXIST else { throw SystemError() }
        default:
            throw failure
        }
    }
}
