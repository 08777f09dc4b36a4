import Glibc

/// What a debug build can be told not to sync, so that a test of power cuts can show that it would notice.
///
/// `BATCHD_FORGET=database` or `files`. A release build does not listen: it always syncs.
package enum Forgetting: String, Sendable {
    /// Commits return before they are on the disk.
    case database
    /// Files and folders are never synced.
    case files

    /// What the environment asks for; nil for nothing.
    package static let wanted: Forgetting? = {
        #if DEBUG
            getenv("BATCHD_FORGET").flatMap { Forgetting(rawValue: String(cString: $0)) }
        #else
            nil
        #endif
    }()
}
