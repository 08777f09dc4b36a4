import AsyncHTTPClient
import Glibc
import NIOCore
import NIOHTTP1

/// Tells what it means for an operator that a call over the socket broke.
enum TransportFailure {
    /// The failure to report for `error`; errors that are not the network's pass through.
    static func explain(_ error: any Error, socket: String) -> any Error {
        switch error {
        case let error as IOError:
            explain(errno: error.errnoCode, socket: socket)
        case let error as HTTPClientError:
            explain(error, socket: socket)
        case let error as HTTPParserError where error == .invalidEOFState:
            cut(socket: socket)
        case is HTTPParserError:
            Failure(.unreachable, "Whoever listens at \(socket) does not speak HTTP: it is no batchd.")
        default:
            error
        }
    }

    /// True when the other end hung up before it said anything that can be read.
    static func isCut(_ error: any Error) -> Bool {
        switch error {
        case let error as IOError: [EPIPE, ECONNRESET].contains(error.errnoCode)
        case let error as HTTPClientError: error == .remoteConnectionClosed
        default: false
        }
    }

    private static func explain(_ error: HTTPClientError, socket: String) -> Failure {
        switch error {
        case .deadlineExceeded, .connectTimeout, .readTimeout:
            Failure(
                .unreachable, "The daemon at \(socket) does not answer.",
                hint: "It may be busy: allow more time with --timeout, or look at 'systemctl status batchd'.")
        case .remoteConnectionClosed:
            cut(socket: socket)
        default:
            Failure(.error, "The call to the daemon at \(socket) failed: \(error.shortDescription).")
        }
    }

    private static func explain(errno code: CInt, socket: String) -> Failure {
        switch code {
        case ENOENT, ENOTDIR:
            Failure(
                .unreachable, "There is no daemon at \(socket): the socket does not exist.",
                hint:
                    "Start it with 'systemctl start batchd', or name its socket with --socket or $BATCHD_SOCKET."
            )
        case ECONNREFUSED:
            Failure(
                .unreachable, "The daemon is not running: nobody listens at \(socket).",
                hint:
                    "Start it with 'systemctl start batchd', and see why it stopped with 'journalctl -u batchd'."
            )
        case EACCES, EPERM:
            Failure(
                .unreachable, "You may not use the socket \(socket): permission denied.",
                hint: "Join the group that owns it ('ls -l \(socket)' names it), or use sudo.")
        case EAGAIN:
            Failure(.temporary, "The daemon at \(socket) has no room for another caller.", hint: "Try again.")
        case EPIPE, ECONNRESET:
            cut(socket: socket)
        default:
            Failure(
                .unreachable, "The daemon at \(socket) cannot be reached: \(String(cString: strerror(code)))."
            )
        }
    }

    private static func cut(socket: String) -> Failure {
        Failure(
            .temporary, "The daemon at \(socket) went away before its answer was complete.",
            hint: "Try again; 'batchctl status' shows whether it is back.")
    }
}
