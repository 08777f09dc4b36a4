import Foundation

/// A file that is read and written as memory: rows come by the million, and a system call takes longer than what
/// is done with them.
///
/// Its pages are the system's, which writes them out and takes them back when it needs room.
final class MappedFile {
    let bytes: UnsafeMutableRawBufferPointer

    /// Maps the first `size` bytes of a file that has them, to be read.
    init(reading file: DiskFile, size: Int) throws(FileFault) {
        bytes = try file.map(size, PROT_READ)
    }

    /// Maps `size` bytes of a file, to be read and written; what it does not have yet is zero.
    init(_ file: DiskFile, size: Int) throws(FileFault) {
        // A page that finds no room on the disk would end the process: the room is taken here.
        try file.reserve(size)
        bytes = try file.map(size, PROT_READ | PROT_WRITE)
    }

    deinit {
        if let base = bytes.baseAddress { munmap(base, bytes.count) }
    }
}
