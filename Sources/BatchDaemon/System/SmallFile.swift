import Glibc

/// Reads whole small files: configuration and keys.
enum SmallFile {
    /// Far more than a configuration or a key takes; a mistaken path to something huge is an error.
    static let limit = 4_000_000

    /// The bytes of the file at `path`.
    static func read(_ path: String) throws(SystemError) -> [UInt8] {
        let file = open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { throw SystemError() }
        defer { close(file) }
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 64 * 1024)
        while true {
            let count = Glibc.read(file, &chunk, chunk.count)
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw SystemError() }
            if count == 0 { return bytes }
            bytes += chunk.prefix(count)
            guard bytes.count <= limit else { throw SystemError(code: EFBIG) }
        }
    }

    /// The permission bits of the file at `path`; nil when it is not there.
    static func permissions(_ path: String) -> UInt32? {
        var status = stat()
        return stat(path, &status) == 0 ? status.st_mode & 0o7777 : nil
    }

    /// The names in the folder at `path`, sorted; none when it is not there.
    static func names(in path: String) -> [String] {
        guard let folder = opendir(path) else { return [] }
        defer { closedir(folder) }
        var names: [String] = []
        while let entry = readdir(folder) {
            names.append(
                withUnsafeBytes(of: &entry.pointee.d_name) {
                    String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
                }
            )
        }
        return names.sorted()
    }
}

/// A refusal of the operating system.
struct SystemError: Error {
    /// The value of `errno`.
    let code: Int32

    /// The last refusal on this thread.
    init() { code = errno }

    /// A refusal by its number.
    init(code: Int32) { self.code = code }

    /// `No such file or directory`, `Permission denied`, ….
    var reason: String { String(cString: strerror(code)) }
}
