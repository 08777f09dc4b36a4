import Foundation

/// Writes an upload to disk as it arrives, and notes where each line starts.
struct InputFileWriter {
    private let file: DiskFile
    private var starts: LineStarts
    private(set) var byteCount = 0
    private var atLineStart = true

    init(path: String) throws {
        let starts = try DiskFile(scratchBeside: path)
        file = try DiskFile(creating: path)
        self.starts = LineStarts(file: starts)
    }

    mutating func append(_ bytes: UnsafeRawBufferPointer) throws {
        guard let base = bytes.baseAddress else { return }
        var from = 0
        while from < bytes.count {
            if atLineStart { try starts.append(byteCount + from) }
            guard let found = memchr(base + from, 0x0A, bytes.count - from) else {
                atLineStart = false
                break
            }
            from = UnsafeRawPointer(found) - base + 1
            atLineStart = true
        }
        try file.write(bytes, at: byteCount)
        byteCount += bytes.count
    }

    /// Everything that was written, ready to be read line by line.
    mutating func finish() throws -> InputFile {
        let rowCount = starts.count
        // The end of the last line, as if another one began there.
        try starts.append(byteCount)
        return InputFile(
            path: file.path, starts: try starts.finish(), rowCount: rowCount, byteCount: byteCount)
    }
}

/// The place of each line, eight bytes a line, on disk.
private struct LineStarts {
    let file: DiskFile
    private var pending: [Int] = []
    private(set) var count = 0

    init(file: DiskFile) { self.file = file }

    mutating func append(_ start: Int) throws {
        pending.append(start)
        count += 1
        if pending.count == 4096 { try flush() }
    }

    private mutating func flush() throws {
        try pending.withUnsafeBytes { try file.write($0, at: (count - pending.count) * 8) }
        pending.removeAll(keepingCapacity: true)
    }

    mutating func finish() throws -> DiskFile {
        try flush()
        return file
    }
}

/// An uploaded file: JSON Lines on disk, and the place of each line.
struct InputFile: Sendable {
    let path: String
    /// Where each line starts, and after them where the last one ends.
    fileprivate let starts: DiskFile
    let rowCount: Int
    let byteCount: Int

    /// The same file under another name.
    func moved(to path: String) -> InputFile {
        InputFile(path: path, starts: starts, rowCount: rowCount, byteCount: byteCount)
    }
}

/// Reads single lines of an uploaded file, in any order.
final class InputFileReader {
    private let file: MappedFile
    private let starts: MappedFile

    init(_ input: InputFile) throws {
        file = try MappedFile(reading: try DiskFile(reading: input.path), size: input.byteCount)
        starts = try MappedFile(reading: input.starts, size: (input.rowCount + 1) * MemoryLayout<Int>.stride)
    }

    /// Hands the bytes of row `index` to `body`, without a line end; they are valid only during the call.
    func withRow<Result>(
        _ index: Int, _ body: (UnsafeBufferPointer<UInt8>) throws -> Result
    ) rethrows -> Result {
        let starts = starts.bytes.assumingMemoryBound(to: Int.self)
        let line = UnsafeRawBufferPointer(rebasing: file.bytes[starts[index]..<starts[index + 1]])
        let bytes = line.assumingMemoryBound(to: UInt8.self)
        return try body(UnsafeBufferPointer(rebasing: bytes.last == 0x0A ? bytes.dropLast() : bytes[...]))
    }
}
