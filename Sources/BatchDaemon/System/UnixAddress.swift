import Glibc

/// The address of a Unix socket.
struct UnixAddress {
    private var name = sockaddr_un()
    private let length: socklen_t

    /// A path, or an abstract name when it begins with `@`; nil when it is empty or too long.
    init?(_ path: String) {
        var bytes = Array(path.utf8)
        let isAbstract = bytes.first == UInt8(ascii: "@")
        // No file, and a zero byte in the @'s place.
        if isAbstract { bytes[0] = 0 }
        guard !bytes.isEmpty, bytes.count < MemoryLayout.size(ofValue: name.sun_path) else { return nil }
        name.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &name.sun_path) { $0.copyBytes(from: bytes) }
        let start = MemoryLayout<sockaddr_un>.offset(of: \.sun_path)!
        // The length of an abstract name is part of it; a path ends at its zero byte.
        length = socklen_t(start + bytes.count + (isAbstract ? 0 : 1))
    }

    /// The address as the system calls take it.
    func withPointer<Value>(_ body: (UnsafePointer<sockaddr>, socklen_t) -> Value) -> Value {
        withUnsafePointer(to: name) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { body($0, length) }
        }
    }
}
