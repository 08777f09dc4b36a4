import Foundation

/// An open file, read and written at given places; closed when its last holder lets go.
final class DiskFile: Sendable {
    let path: String
    private let descriptor: Int32

    /// Creates a file in the place of whatever has this name: who still reads the old one keeps it.
    init(creating path: String) throws(FileFault) {
        self.path = path
        unlink(path)
        descriptor = try FileFault.check(open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0o600), path)
    }

    init(reading path: String) throws(FileFault) {
        self.path = path
        descriptor = try FileFault.check(open(path, O_RDONLY | O_CLOEXEC), path)
    }

    /// Creates a file without a name beside `path`: nothing is left of it when it is closed, or after a crash.
    init(scratchBeside path: String) throws(FileFault) {
        var template = Array((path + ".XXXXXX").utf8CString)
        descriptor = try FileFault.check(mkstemp(&template), path)
        self.path = path
        _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
        unlink(template)
    }

    deinit { close(descriptor) }

    /// Fills `bytes` from `offset` on, and returns how many there were: fewer only at the end of the file.
    func read(into bytes: UnsafeMutableRawBufferPointer, at offset: Int) throws(FileFault) -> Int {
        var total = 0
        while total < bytes.count, let base = bytes.baseAddress {
            let count = pread(descriptor, base + total, bytes.count - total, off_t(offset + total))
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw FileFault(path: path, code: errno) }
            guard count > 0 else { break }
            total += count
        }
        return total
    }

    func write(_ bytes: UnsafeRawBufferPointer, at offset: Int) throws(FileFault) {
        var total = 0
        while total < bytes.count, let base = bytes.baseAddress {
            let count = pwrite(descriptor, base + total, bytes.count - total, off_t(offset + total))
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw FileFault(path: path, code: errno) }
            total += count
        }
    }

    /// Makes the file at least `size` bytes long, and sure of its room.
    func reserve(_ size: Int) throws(FileFault) {
        let code = posix_fallocate(descriptor, 0, off_t(size))
        guard code == 0 else { throw FileFault(path: path, code: code) }
    }

    /// The first `size` bytes as memory, until `munmap`; nothing of an empty file.
    func map(_ size: Int, _ protection: Int32) throws(FileFault) -> UnsafeMutableRawBufferPointer {
        guard size > 0 else { return UnsafeMutableRawBufferPointer(start: nil, count: 0) }
        let base = mmap(nil, size, protection, MAP_SHARED, descriptor, 0)
        guard let base, base != MAP_FAILED else { throw FileFault(path: path, code: errno) }
        return UnsafeMutableRawBufferPointer(start: base, count: size)
    }
}
