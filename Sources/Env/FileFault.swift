import Glibc

/// The file system refused. Local and final: the process stops, and the durable state says where it was.
///
/// An `fsync` that failed is never tried again: the kernel has marked the lost pages clean.
/// Source: `operations.md` section 1.
package struct FileFault: Error, Hashable, Sendable, CustomStringConvertible {
    /// The C library's error number.
    package let errno: Int32
    /// What was tried: `open`, `fsync`, `rename`, …
    package let operation: String
    /// On which path.
    package let path: String

    /// A fault, by its C error number.
    package init(errno: Int32, operation: String, path: String) {
        self.errno = errno
        self.operation = operation
        self.path = path
    }

    /// The fault that the C library has just reported on this thread.
    package static func last(_ operation: String, _ path: String) -> FileFault {
        FileFault(errno: Glibc.errno, operation: operation, path: path)
    }

    /// True when the disk, or its quota, is full.
    package var isOutOfSpace: Bool { errno == ENOSPC || errno == EDQUOT }

    /// What a person can do about it; nil where the reason says it all.
    package var advice: String? {
        switch errno {
        case ENOSPC, EDQUOT: "free some space"
        case EROFS: "mount it writable; when it became read-only by itself, the kernel's log says why"
        case EIO: "the disk failed: see the kernel's log, and start again when the disk is sound"
        case EACCES, EPERM: "give this user access to it"
        default: nil
        }
    }

    /// True when there is no such file or folder.
    package var isMissing: Bool { errno == ENOENT }

    /// For example `fsync /var/lib/batchd/spool/b7.jsonl: Input/output error`.
    package var description: String {
        "\(operation) \(path): \(String(cString: strerror(errno)))" + (advice.map { " (\($0))" } ?? "")
    }
}
