import Foundation

/// Collects result lines on disk.
final class ResultFile {
    let path: String
    private let descriptor: Int32
    private var pending = ""
    private(set) var byteCount = 0

    init(path: String) throws {
        self.path = path
        descriptor = try FileFault.check(open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600), path)
    }

    deinit { close(descriptor) }

    /// - Parameter line: One line, with its line end.
    func append(_ line: String) throws {
        pending += line
        byteCount += line.utf8.count
        if pending.utf8.count >= 256 * 1024 { try flush() }
    }

    func flush() throws {
        try pending.withUTF8 { bytes in
            try FileFault.writeAll(UnsafeRawBufferPointer(bytes), to: descriptor, path: path)
        }
        pending = ""
    }
}
