import Glibc

/// A client of the control socket that does as little as possible, so that it is the daemon that is measured.
enum ControlSocket {
    /// GETs `path`; returns the whole answer, or nil when nobody listens.
    static func get(_ path: String, at socketPath: String) -> String? {
        let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(descriptor) }
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: socketPath.utf8) }
        let connected = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        let request = "GET \(path) HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
        guard connected == 0, write(descriptor, request, request.utf8.count) == request.utf8.count else {
            return nil
        }
        var answer: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let count = read(descriptor, &buffer, buffer.count)
            guard count > 0 else { break }
            answer.append(contentsOf: buffer[..<count])
        }
        return answer.isEmpty ? nil : String(decoding: answer, as: UTF8.self)
    }
}

/// Asks for the status again and again, as an impatient operator does, and remembers how long each answer took.
struct StatusPoller {
    let socketPath: String

    /// Runs beside `body`; returns what `body` returned, and the seconds of each answer.
    func around<Value: Sendable>(_ body: @Sendable () async throws -> Value) async throws -> (Value, [Double])
    {
        try await withThrowingTaskGroup(of: [Double].self) { group in
            group.addTask {
                var seconds: [Double] = []
                while !Task.isCancelled {
                    let began = ContinuousClock.now
                    if ControlSocket.get("/v1/status", at: socketPath) != nil {
                        seconds.append((ContinuousClock.now - began) / .seconds(1))
                    }
                    usleep(100_000)
                }
                return seconds
            }
            let value = try await body()
            group.cancelAll()
            let seconds = try await group.next() ?? []
            return (value, seconds)
        }
    }
}
