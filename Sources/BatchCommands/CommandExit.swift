/// How `batchctl` ends. The numbers are a promise to scripts.
package enum CommandExit: Int32, CaseIterable, Sendable {
    /// It did what was asked.
    case ok = 0
    /// It failed for a reason that has no number of its own.
    case error = 1
    /// The command line, the file or the configuration is wrong.
    case usage = 2
    /// The daemon refused: duplicate, policy, bad rows, or the wrong state.
    case refused = 3
    /// It cannot go on without a person.
    case held = 4
    /// It may work later.
    case temporary = 5
    /// The daemon cannot be reached, or does not answer.
    case unreachable = 6
    /// An audit found a difference.
    case integrity = 7
    /// The workload ended, and some of its rows failed.
    case failedRows = 8
    /// The workload still runs, and the time given is over.
    case stillRunning = 69
    /// Ctrl-C.
    case interrupted = 130
}
