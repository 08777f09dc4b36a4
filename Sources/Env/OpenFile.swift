import Glibc

/// An open file, closed when it goes out of scope. Every call blocks.
package struct OpenFile: ~Copyable, Sendable {
    private let descriptor: Int32
    /// The path it was opened by.
    package let path: String

    /// How to open a file.
    package enum Mode: Sendable {
        /// An existing file, to read.
        case read
        /// An existing file, to read and write.
        case update
        /// A new file with mode 0600; an old one of that name loses its content.
        case create

        fileprivate var flags: Int32 {
            switch self {
            case .read: O_RDONLY
            case .update: O_RDWR
            case .create: O_RDWR | O_CREAT | O_TRUNC
            }
        }
    }

    /// Opens `path`.
    package init(_ path: String, _ mode: Mode) throws(FileFault) {
        if case .create = mode { try DiskWatch.willDo(.make, path) }
        let descriptor = retrying { open(path, mode.flags | O_CLOEXEC, 0o600) }
        guard descriptor >= 0 else { throw .last("open", path) }
        self.descriptor = descriptor
        self.path = path
    }

    deinit {
        close(descriptor)
    }

    /// Writes all of `bytes` at the file position.
    package func write(_ bytes: UnsafeRawBufferPointer) throws(FileFault) {
        try DiskWatch.willDo(.change, path)
        var rest = bytes
        while !rest.isEmpty {
            let count = retrying { Glibc.write(descriptor, rest.baseAddress, rest.count) }
            guard count >= 0 else { throw .last("write", path) }
            rest = UnsafeRawBufferPointer(rebasing: rest[count...])
        }
    }

    /// Fills `buffer` from the file position on; returns how many bytes there were, fewer only at the end.
    package func read(into buffer: UnsafeMutableRawBufferPointer) throws(FileFault) -> Int {
        var filled = 0
        while filled < buffer.count {
            let count = retrying {
                Glibc.read(descriptor, buffer.baseAddress! + filled, buffer.count - filled)
            }
            guard count >= 0 else { throw .last("read", path) }
            guard count > 0 else { break }
            filled += count
        }
        return filled
    }

    /// Its size in bytes.
    package func size() throws(FileFault) -> Int64 {
        var facts = stat()
        guard fstat(descriptor, &facts) == 0 else { throw .last("stat", path) }
        return Int64(facts.st_size)
    }

    /// Moves the file position to `offset`, in bytes from the start.
    package func seek(to offset: Int64) throws(FileFault) {
        guard lseek(descriptor, off_t(offset), SEEK_SET) >= 0 else { throw .last("seek", path) }
    }

    /// Cuts the file to `size` bytes.
    package func truncate(to size: Int64) throws(FileFault) {
        try DiskWatch.willDo(.change, path)
        guard retrying({ ftruncate(descriptor, off_t(size)) }) == 0 else { throw .last("truncate", path) }
    }

    /// Returns when everything written is on the disk. A failure is final.
    package func sync() throws(FileFault) {
        try DiskWatch.willDo(.sync, path)
        if Forgetting.wanted == .files { return }
        guard retrying({ fsync(descriptor) }) == 0 else { throw .last("fsync", path) }
    }
}

/// Calls again when a signal interrupted the call before it did anything.
private func retrying<Value: SignedInteger>(_ call: () -> Value) -> Value {
    while true {
        let result = call()
        if result != -1 || errno != EINTR { return result }
    }
}
