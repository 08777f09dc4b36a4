import Glibc
import NIOCore

/// A file or standard input, read in chunks: gigabytes pass through one buffer.
struct InputFile: Sendable {
    let descriptor: CInt
    /// What messages call it.
    let name: String
    /// How long what is read from it will be; nil when that is not known before the end, as for a pipe.
    let bytes: Int?

    /// Whether a person types it.
    var isTerminal: Bool { isatty(descriptor) == 1 }

    static let chunk = 128 << 10

    /// Opens `path`, or standard input for `-`, hands it to `body`, and closes it.
    static func withOpen<Answer>(_ path: String, _ body: (InputFile) async throws -> Answer) async throws
        -> Answer
    {
        if path == "-" {
            return try await body(InputFile(descriptor: STDIN_FILENO, name: "stdin", bytes: nil))
        }
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw unreadable(path, errno) }
        defer { close(descriptor) }
        var facts = stat()
        guard fstat(descriptor, &facts) == 0 else { throw unreadable(path, errno) }
        guard facts.st_mode & S_IFMT != S_IFDIR else { throw unreadable(path, EISDIR) }
        let isRegular = facts.st_mode & S_IFMT == S_IFREG && !PrintedRows.begin(in: descriptor)
        return try await body(
            InputFile(descriptor: descriptor, name: path, bytes: isRegular ? Int(facts.st_size) : nil))
    }

    fileprivate static func unreadable(_ path: String, _ code: CInt) -> Failure {
        Failure(.usage, "\(path) cannot be read: \(String(cString: strerror(code))).")
    }
}

/// The chunks of an open file. Reading blocks the calling thread, which has nothing else to do.
struct InputChunks: AsyncSequence, Sendable {
    let file: InputFile
    /// Whether rows as `batchctl rows` prints them are taken for what was submitted of them.
    var unwrapsRows = false
    /// Hears how many bytes were read so far, after each chunk.
    let onProgress: @Sendable (Int) -> Void

    func makeAsyncIterator() -> Iterator { Iterator(chunks: self) }

    struct Iterator: AsyncIteratorProtocol {
        private let file: InputFile
        private let unwrapsRows: Bool
        private let onProgress: @Sendable (Int) -> Void
        private var total = 0
        /// Set when the first chunk shows that these are printed rows.
        private var printed: PrintedRows?

        fileprivate init(chunks: InputChunks) {
            file = chunks.file
            unwrapsRows = chunks.unwrapsRows
            onProgress = chunks.onProgress
        }

        mutating func next() async throws -> ByteBuffer? {
            while let chunk = try chunk() {
                if unwrapsRows, total == chunk.readableBytes, PrintedRows.begin(chunk) {
                    printed = PrintedRows()
                }
                guard let rows = printed?.feed(chunk) else { return chunk }
                // A chunk without the end of a line gives no row yet.
                if rows.readableBytes > 0 { return rows }
            }
            return printed?.finish()
        }

        private mutating func chunk() throws -> ByteBuffer? {
            var buffer = ByteBuffer()
            let count = try buffer.writeWithUnsafeMutableBytes(minimumWritableBytes: InputFile.chunk) {
                room in
                while true {
                    let count = read(file.descriptor, room.baseAddress, room.count)
                    if count >= 0 { return count }
                    guard errno == EINTR else { throw InputFile.unreadable(file.name, errno) }
                }
            }
            guard count > 0 else { return nil }
            total += count
            onProgress(total)
            return buffer
        }
    }
}
