import Glibc

/// The permission bits of the file at `path`; nil when it is not there.
func permissions(of path: String) -> UInt32? {
    var status = stat()
    return stat(path, &status) == 0 ? status.st_mode & 0o7777 : nil
}
