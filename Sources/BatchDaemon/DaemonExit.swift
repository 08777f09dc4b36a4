import BatchStore
import Env

/// How `batchd` ends. The numbers are those of `batchctl`, a promise to scripts and to systemd.
package enum DaemonExit: Int32, Sendable {
    /// For a reason that has no number of its own.
    case error = 1
    /// The command line or the configuration is wrong.
    case usage = 2
    /// Another daemon owns the state directory.
    case refused = 3
    /// A person is needed.
    case held = 4
    /// The same start may succeed later: no space, no answer, a database that somebody else holds.
    case temporary = 5
    /// Records or archive are not what was written.
    case integrity = 7

    /// The number for what ended the daemon.
    package init(_ error: any Error) {
        self =
            switch error {
            case StateLockError.taken: .refused
            case StateLockError.unusable(let fault): fault.isOutOfSpace ? .temporary : .error
            case let fault as FileFault: fault.isOutOfSpace ? .temporary : .error
            case let fault as StoreFault:
                switch fault.kind {
                case .full, .busy: .temporary
                case .damaged: .integrity
                case .readOnly, .failing, .unreachable: .error
                }
            default: .error
            }
    }
}
