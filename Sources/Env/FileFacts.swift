import Glibc

/// What the kernel knows of a file: which one it is, and what it may be used for.
package struct FileFacts: Hashable, Sendable {
    /// Device and number: the file itself, whatever it is called.
    package struct Identity: Hashable, Sendable {
        /// The device.
        package let device: UInt64
        /// Its number there.
        package let number: UInt64
    }

    /// Which file it is.
    package let identity: Identity
    /// The user whom it belongs to.
    package let owner: UInt32
    /// Its permission bits.
    package let permissions: UInt32
    /// True for a folder.
    package let isFolder: Bool
    /// True for a Unix socket.
    package let isSocket: Bool

    /// The file at `path`; a link is followed unless `link` says that it is looked at itself. nil when there is none.
    package init?(of path: String, link: Bool = false) {
        var status = Glibc.stat()
        guard (link ? lstat(path, &status) : stat(path, &status)) == 0 else { return nil }
        self.init(status)
    }

    /// An open file.
    package init?(descriptor: Int32) {
        var status = Glibc.stat()
        guard fstat(descriptor, &status) == 0 else { return nil }
        self.init(status)
    }

    private init(_ status: stat) {
        identity = Identity(device: UInt64(status.st_dev), number: UInt64(status.st_ino))
        owner = status.st_uid
        permissions = status.st_mode & 0o7777
        isFolder = status.st_mode & S_IFMT == S_IFDIR
        isSocket = status.st_mode & S_IFMT == S_IFSOCK
    }
}
