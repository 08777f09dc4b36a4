import Glibc

/// The two places where text goes.
struct Console: Sendable {
    /// Data.
    let out: Sink
    /// Messages for people.
    let err: Sink

    /// This process's standard output and error.
    static let process = Console(
        out: .descriptor(STDOUT_FILENO, name: "standard output"),
        err: .descriptor(STDERR_FILENO, name: "standard error"))

    /// A message for people, on a line of its own. Words in it may be the daemon's or the user's.
    func say(_ message: String) {
        let lines = message.split(separator: "\n", omittingEmptySubsequences: false).map {
            Cell(String($0)).text
        }
        // When even standard error is gone there is nobody left to tell.
        try? err.write(lines.joined(separator: "\n") + "\n")
    }

    /// Data, on a line of its own. Answers whether it could be written.
    func print(_ text: String) -> Bool {
        do {
            try out.write(text + "\n")
            return true
        } catch {
            return error is ReaderGone
        }
    }
}

/// Where text goes: a terminal, a file or pipe, or a test.
struct Sink: Sendable {
    /// The terminal's width now, since windows change; nil when it is no terminal.
    let columns: @Sendable () -> Int?
    /// The terminal's height now; nil when it is not known.
    var rows: @Sendable () -> Int? = { nil }
    /// Writes all of it. Throws `ReaderGone` when nobody reads any more.
    let writeBytes: @Sendable (UnsafeRawBufferPointer) throws -> Void

    var isTerminal: Bool { columns() != nil }

    func write(_ text: String) throws {
        var text = text
        try text.withUTF8 { try writeBytes(UnsafeRawBufferPointer($0)) }
    }

    static func descriptor(_ descriptor: CInt, name: String) -> Sink {
        Sink(
            columns: {
                guard isatty(descriptor) == 1 else { return nil }
                var size = winsize()
                let known = ioctl(descriptor, UInt(TIOCGWINSZ), &size) == 0 && size.ws_col > 0
                return known ? Int(size.ws_col) : 80
            },
            rows: {
                var size = winsize()
                let known = ioctl(descriptor, UInt(TIOCGWINSZ), &size) == 0 && size.ws_row > 0
                return known ? Int(size.ws_row) : nil
            },
            writeBytes: { bytes in
                var rest = bytes[...]
                while !rest.isEmpty {
                    let count = Glibc.write(
                        descriptor, UnsafeRawBufferPointer(rebasing: rest).baseAddress, rest.count)
                    if count >= 0 {
                        rest = rest.dropFirst(count)
                    } else if errno == EPIPE {
                        throw ReaderGone()
                    } else if errno == EAGAIN {
                        var ready = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
                        _ = poll(&ready, 1, -1)
                    } else if errno != EINTR {
                        throw Failure(
                            .error, "Writing to \(name) failed: \(String(cString: strerror(errno))).")
                    }
                }
            }
        )
    }
}
