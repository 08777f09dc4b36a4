import BatchCore
import Env

/// A file that loses its name as soon as it is there: nothing is left of it after a crash.
///
/// What is added is written a megabyte at a time: many pieces are small, and a write costs more than they do.
final class ScratchFile {
    let file: OpenFile
    /// How many bytes were added.
    private(set) var end: Int64 = 0
    private var pending: [UInt8] = []

    private static let writeSize = 1 << 20

    init(_ path: String) throws(FileFault) {
        file = try OpenFile(path, .create)
        try FileSystem.removeFile(path)
    }

    /// Adds bytes; they can be read after `flush()`.
    func append(_ bytes: [UInt8]) throws(FileFault) {
        pending.append(contentsOf: bytes)
        end += Int64(bytes.count)
        if pending.count >= Self.writeSize { try write() }
    }

    /// Writes what was added; nothing is added after it.
    func flush() throws(FileFault) {
        try write()
        pending = []
    }

    private func write() throws(FileFault) {
        guard !pending.isEmpty else { return }
        try pending.withUnsafeBufferPointer { part throws(FileFault) in
            try file.write(UnsafeRawBufferPointer(part))
        }
        pending.removeAll(keepingCapacity: true)
    }
}

/// Bytes of records that a scratch file holds, read from front to back.
struct RecordBytes {
    private var bytes: [UInt8] = []
    private var at = 0

    /// How many bytes were not read yet.
    var left: Int { bytes.count - at }

    /// Adds `count` bytes of a file to those that were not read yet.
    mutating func fill(from file: borrowing OpenFile, at position: Int64, count: Int) throws(FileFault) {
        bytes.removeSubrange(..<at)
        at = 0
        let filled = bytes.count
        bytes.append(contentsOf: repeatElement(0, count: count))
        try file.seek(to: position)
        let read = try bytes.withUnsafeMutableBufferPointer { bytes throws(FileFault) -> Int in
            try file.read(
                into: UnsafeMutableRawBufferPointer(UnsafeMutableBufferPointer(rebasing: bytes[filled...])))
        }
        guard read == count else { throw FileFault(errno: 5, operation: "read all of", path: file.path) }
    }

    mutating func integer() -> UInt32 {
        defer { at += 4 }
        return bytes.withUnsafeBytes {
            UInt32(littleEndian: $0.loadUnaligned(fromByteOffset: at, as: UInt32.self))
        }
    }

    mutating func slice(_ count: Int) -> ArraySlice<UInt8> {
        defer { at += count }
        return bytes[at..<at + count]
    }

    private mutating func text() -> String? {
        let count = integer()
        return count == .max ? nil : String(decoding: slice(Int(count)), as: UTF8.self)
    }

    /// What `add` wrote of an error, behind its length.
    mutating func error() -> RowError {
        RowError(type: text(), code: text(), message: text(), adviceCode: text())
    }
}

extension [UInt8] {
    mutating func add(_ integer: UInt32) {
        Swift.withUnsafeBytes(of: integer.littleEndian) { append(contentsOf: $0) }
    }

    /// Adds how many bytes an error takes, and those; 0 for none.
    mutating func add(_ error: RowError?) {
        guard let error else { return add(0) }
        let texts = [error.type, error.code, error.message, error.adviceCode]
        add(UInt32(texts.reduce(0) { $0 + 4 + ($1?.utf8.count ?? 0) }))
        for text in texts {
            add(text.map { UInt32($0.utf8.count) } ?? .max)
            append(contentsOf: (text ?? "").utf8)
        }
    }
}
