import GRDB

/// SQLite could not work on this machine: the disk, or another program. Nothing of the transaction was done.
package struct StoreFault: Error, Hashable, Sendable, CustomStringConvertible {
    /// What stood in the way.
    package enum Kind: Hashable, Sendable {
        /// No space is left. What was tried can be tried again.
        case full
        /// Another program holds the database.
        case busy
        /// The disk or the file is read-only.
        case readOnly
        /// The disk refused a read, a write or a sync. Final: a sync that failed is never tried again.
        case failing
        /// The database is not what was written.
        case damaged
        /// The file cannot be opened.
        case unreachable
    }

    /// What stood in the way.
    package let kind: Kind
    /// The database.
    package let path: String
    /// SQLite's extended result code.
    package let code: Int32
    /// SQLite's words for it.
    package let reason: String

    /// True when the disk is full.
    package var isOutOfSpace: Bool { kind == .full }

    /// True when nobody can know what is on the disk: nothing is written after that, only a restart helps.
    package var isFinal: Bool { kind == .failing || kind == .damaged }

    /// What happened, where, and what to do.
    package var description: String { "database \(path): \(reason) (SQLite \(code)): \(advice)" }

    private var advice: String {
        switch kind {
        case .full: "free some space"
        case .busy: "another program holds it: end that one ('fuser \(path)' names it), and read copies only"
        case .readOnly: "mount the disk writable, or give this user the file; the kernel's log may say more"
        case .failing:
            "the disk failed: see the kernel's log, and start again when the disk is sound"
        case .damaged:
            "stop, keep a copy of the state directory, and see what 'batchctl audit --offline' says of it"
        case .unreachable: "the folder must be there, and writable for this user"
        }
    }
}

extension StoreFault {
    /// The fault behind SQLite's error; nil when the error is about what was asked, and not about the machine.
    init?(_ error: DatabaseError, path: String) {
        let kind: Kind
        switch error.extendedResultCode {
        // Making the shared memory longer fails for want of space alone.
        case .SQLITE_IOERR_SHMSIZE: kind = .full
        default:
            switch error.resultCode {
            case .SQLITE_FULL: kind = .full
            case .SQLITE_BUSY, .SQLITE_LOCKED, .SQLITE_PROTOCOL: kind = .busy
            case .SQLITE_READONLY, .SQLITE_PERM: kind = .readOnly
            case .SQLITE_IOERR: kind = .failing
            case .SQLITE_CORRUPT, .SQLITE_NOTADB: kind = .damaged
            case .SQLITE_CANTOPEN: kind = .unreachable
            default: return nil
            }
        }
        self.init(
            kind: kind, path: path, code: error.extendedResultCode.rawValue,
            reason: error.message ?? "no reason given")
    }

    /// Runs `body`; what the machine refuses becomes a `StoreFault`.
    static func naming<T>(_ path: String, _ body: () throws -> T) throws -> T {
        do {
            return try body()
        } catch let error as DatabaseError {
            throw StoreFault(error, path: path) ?? error
        }
    }
}
