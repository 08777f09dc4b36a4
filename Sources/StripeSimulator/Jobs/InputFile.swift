import Foundation

/// Writes an upload to disk as it arrives, and notes where each line starts.
struct InputFileWriter: ~Copyable {
    private let path: String
    private let descriptor: Int32
    private var starts: [Int] = []
    private(set) var byteCount = 0
    private var atLineStart = true

    init(path: String) throws {
        self.path = path
        descriptor = try FileFault.check(open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600), path)
    }

    deinit { close(descriptor) }

    mutating func append(_ bytes: UnsafeRawBufferPointer) throws {
        guard let base = bytes.baseAddress else { return }
        var from = 0
        while from < bytes.count {
            if atLineStart { starts.append(byteCount + from) }
            guard let found = memchr(base + from, 0x0A, bytes.count - from) else {
                atLineStart = false
                break
            }
            from = UnsafeRawPointer(found) - base + 1
            atLineStart = true
        }
        try FileFault.writeAll(bytes, to: descriptor, path: path)
        byteCount += bytes.count
    }

    /// Everything that was written, ready to be read line by line.
    consuming func finish() -> InputFile {
        InputFile(path: path, starts: starts, byteCount: byteCount)
    }
}

/// An uploaded file: JSON Lines on disk, and the place of each line.
struct InputFile: Sendable {
    let path: String
    fileprivate let starts: [Int]
    let byteCount: Int

    var rowCount: Int { starts.count }

    /// The same file under another name.
    func moved(to path: String) -> InputFile {
        InputFile(path: path, starts: starts, byteCount: byteCount)
    }

    /// Where row `index` stands, without its line end.
    fileprivate func range(of index: Int) -> (start: Int, count: Int) {
        let next = index + 1 < starts.count ? starts[index + 1] : byteCount
        return (starts[index], next - starts[index])
    }
}

/// Reads single lines of an uploaded file, in any order.
final class InputFileReader {
    private let file: InputFile
    private let descriptor: Int32
    private var buffer: [UInt8] = []

    init(_ file: InputFile) throws {
        self.file = file
        descriptor = try FileFault.check(open(file.path, O_RDONLY | O_CLOEXEC), file.path)
    }

    deinit { close(descriptor) }

    /// Hands the bytes of row `index` to `body`; they are valid only during the call.
    func withRow<Result, Failure: Error>(
        _ index: Int, _ body: (UnsafeBufferPointer<UInt8>) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        let (start, count) = file.range(of: index)
        if buffer.count < count { buffer = [UInt8](repeating: 0, count: count * 2) }
        let read = pread(descriptor, &buffer, count, off_t(start))
        // The file is ours and complete; a short read means the disk is gone.
        precondition(read == count, "cannot read back an uploaded file")
        let length = count > 0 && buffer[count - 1] == 0x0A ? count - 1 : count
        return try buffer.withUnsafeBufferPointer { all throws(Failure) in
            try body(UnsafeBufferPointer(rebasing: all[0..<length]))
        }
    }
}
