import FoundationEssentials
import Synchronization

@testable import BatchCommands

/// A terminal, or two pipes, that remember what was written; and a clock that sleeping moves.
final class Bench: Sendable {
    private let written = Mutex((out: "", err: ""))
    private let elapsed = Mutex(Duration.zero)
    let columns: Int?

    /// 2026-11-22 07:00:00 UTC, when every test begins.
    static let start = Date(timeIntervalSince1970: 1_795_330_800)

    /// A terminal of this width; nil for pipes.
    init(columns: Int? = nil) {
        self.columns = columns
    }

    var out: String { written.withLock { $0.out } }
    var err: String { written.withLock { $0.err } }

    var console: Console {
        Console(
            out: Sink(
                columns: { [columns] in columns },
                writeBytes: { [self] bytes in
                    written.withLock { $0.out += String(decoding: bytes, as: UTF8.self) }
                }),
            err: Sink(
                columns: { [columns] in columns },
                writeBytes: { [self] bytes in
                    written.withLock { $0.err += String(decoding: bytes, as: UTF8.self) }
                }))
    }

    var times: Times {
        Times(
            now: { [self] in
                Self.start.addingTimeInterval(elapsed.withLock { Double($0.components.seconds) })
            },
            uptime: { [self] in elapsed.withLock { $0 } },
            sleep: { [self] pause in elapsed.withLock { $0 += pause } }
        )
    }

    /// Runs `batchctl` with these arguments against `socket`.
    func run(
        _ arguments: String..., socket: String = "/tmp/there-is-no-daemon.sock",
        environment: [String: String] = [:]
    ) async -> CommandExit {
        var environment = environment
        environment["BATCHD_SOCKET"] = socket
        return await BatchCtl.run(arguments, environment: environment, console: console, times: times)
    }
}
