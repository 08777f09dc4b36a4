import Glibc
import NIOCore

/// Takes the submitted rows out of what `batchctl rows` printed, so that it can be submitted as it is.
struct PrintedRows: Sendable {
    private var partial = ByteBuffer()

    private static let beginning = Array("{\"row\":".utf8)
    /// What stands before the submitted object, byte for byte: no text of ours can hold it, because quotes in a
    /// text are written with a backslash.
    private static let input = Array(",\"input\":".utf8)

    /// Whether these bytes begin as printed rows do.
    static func begin(_ bytes: ByteBuffer) -> Bool {
        bytes.readableBytesView.starts(with: beginning)
    }

    /// Whether a file begins so; where it is read from does not change.
    static func begin(in descriptor: CInt) -> Bool {
        var bytes = [UInt8](repeating: 0, count: beginning.count)
        return pread(descriptor, &bytes, bytes.count, 0) == bytes.count && bytes == beginning
    }

    /// The rows in the lines that end in `chunk`, a line each.
    mutating func feed(_ chunk: ByteBuffer) -> ByteBuffer {
        partial.writeImmutableBuffer(chunk)
        var rows = ByteBuffer()
        var view = partial.readableBytesView
        while let end = view.firstIndex(of: UInt8(ascii: "\n")) {
            Self.write(view[view.startIndex..<end], to: &rows)
            view = view[(end + 1)...]
        }
        partial = ByteBuffer(view)
        return rows
    }

    /// The row in a last line without its end; nil when there is none.
    mutating func finish() -> ByteBuffer? {
        guard partial.readableBytes > 0 else { return nil }
        var rows = ByteBuffer()
        Self.write(partial.readableBytesView, to: &rows)
        partial.clear()
        return rows
    }

    /// What is no printed row goes on as it is: the daemon says what is wrong with it.
    private static func write(_ line: ByteBufferView, to rows: inout ByteBuffer) {
        if line.starts(with: beginning), line.last == UInt8(ascii: "}"),
            let start = line.firstRange(of: input)
        {
            rows.writeBytes(line[start.upperBound...].dropLast())
        } else {
            rows.writeBytes(line)
        }
        rows.writeInteger(UInt8(ascii: "\n"))
    }
}
