import Glibc
import NIOCore

/// A file that appears under its name when all of it is on the disk, or not at all.
final class NewFile {
    private let path: String
    private let partial: String
    private let descriptor: CInt
    /// Bytes written so far.
    private(set) var size = 0

    /// Begins a file; one of that name must not be there.
    init(_ path: String) throws {
        self.path = path
        partial = "\(path).partial-\(getpid())"
        guard access(path, F_OK) != 0 else {
            throw Failure(.refused, "\(path) is there already.", hint: "Remove it, or name another file.")
        }
        descriptor = open(partial, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw Self.failure(path) }
    }

    deinit { close(descriptor) }

    func write(_ bytes: ByteBuffer) throws {
        try bytes.withUnsafeReadableBytes { bytes in
            var rest = bytes[...]
            while !rest.isEmpty {
                let count = Glibc.write(
                    descriptor, UnsafeRawBufferPointer(rebasing: rest).baseAddress, rest.count)
                if count >= 0 {
                    rest = rest.dropFirst(count)
                    size += count
                } else if errno != EINTR {
                    throw Self.failure(path)
                }
            }
        }
    }

    /// Puts all of it on the disk, under its name.
    func finish() throws {
        guard fsync(descriptor) == 0 else { throw Self.failure(path) }
        // A link does not replace what somebody else put there meanwhile, as a rename would.
        guard link(partial, path) == 0 else { throw Self.failure(path) }
        unlink(partial)
    }

    /// Leaves nothing behind.
    func giveUp() {
        unlink(partial)
    }

    private static func failure(_ path: String) -> Failure {
        Failure(.error, "Writing \(path) failed: \(String(cString: strerror(errno))).")
    }
}
