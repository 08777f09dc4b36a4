package import BatchCore
import Foundation
import GRDB
import Synchronization

/// Everything durable but the files: one SQLite database, one writer.
///
/// Every method is one transaction unless its comment says otherwise, named by what it means
/// and not by its SQL. Methods are synchronous on purpose: an asynchronous write inside a
/// canceled task rolls back, a synchronous one cannot be cut half way. When a method returns,
/// what it did survives a power cut (`synchronous = FULL`).
package final class Store: Sendable {
    /// The folder that holds the database.
    package let folder: String
    private let path: String
    let database: any DatabaseWriter
    let bell = HistoryBell()
    /// The write that the disk refused: there is no other after it.
    private let broken = Mutex<StoreFault?>(nil)

    /// Another program that holds the database, a backup say, is waited for so many seconds.
    private static let patience = 5.0

    /// Opens or creates the database at `path`, and brings its schema up to date.
    ///
    /// The caller holds the state directory's lock: this process is the only one that writes.
    /// - Parameter forgetful: commits are not synced: for tests that must lose what a power cut takes.
    /// - Throws: `StoreFault` for what the machine refuses; `StoreError.newerSchema`.
    package init(path: String, forgetful: Bool = false) throws {
        var configuration = GRDB.Configuration()
        configuration.label = "batchd"
        configuration.maximumReaderCount = 4
        configuration.busyMode = .timeout(Self.patience)
        // Rows pass by once, from front to back: caches beyond what one statement needs would only hold memory.
        configuration.prepareDatabase { db in
            try db.execute(sql: "PRAGMA cache_size = -2048")
        }
        self.path = path
        folder = Self.folder(of: path)
        database = try StoreFault.naming(path) {
            let pool = try DatabasePool(path: path, configuration: configuration)
            // GRDB sets NORMAL after `prepareDatabase`, which would lose acknowledged rows in a power cut.
            try pool.writeWithoutTransaction { db in
                // A large transaction makes a large log, which gives its space back when it has been copied.
                try db.execute(
                    sql: """
                        PRAGMA synchronous = FULL; PRAGMA cache_size = -16384;
                        PRAGMA journal_size_limit = 8388608
                        """)
                guard try Int.fetchOne(db, sql: "PRAGMA synchronous") == 2 else {
                    throw StoreError.notDurable
                }
                if forgetful { try db.execute(sql: "PRAGMA synchronous = NORMAL") }
                // What an earlier run left in the log may stand in the kernel's memory alone, if its sync
                // failed. Copied now and synced anew, it lasts, and later commits do not lean on it.
                try db.checkpoint(.truncate)
            }
            let migrator = Schema.migrator
            guard try pool.read({ try !migrator.hasBeenSuperseded($0) }) else { throw StoreError.newerSchema }
            try migrator.migrate(pool)
            return pool
        }
        database.add(transactionObserver: bell, extent: .databaseLifetime)
    }

    /// Opens a copy of a database to read it. Neither the file nor its folder is changed.
    ///
    /// What stands in the copy's log (`-wal`) counts, as it would for the daemon.
    /// - Throws: `StoreFault`; `StoreError.newerSchema`, `olderSchema`.
    package init(copyAt path: String) throws {
        var configuration = GRDB.Configuration()
        configuration.label = "copy"
        configuration.readonly = true
        // No log is no failure: the database is whole without one.
        let log = try? FileManager.default.attributesOfItem(atPath: path + "-wal")[.size] as? Int
        let hasLog = log ?? 0 > 0
        configuration.prepareDatabase { db in
            // Without this the index of the log would be a file beside it.
            if hasLog { try db.execute(sql: "PRAGMA locking_mode = EXCLUSIVE") }
            try db.execute(sql: "PRAGMA cache_size = -65536; PRAGMA temp_store = MEMORY")
        }
        self.path = path
        folder = Self.folder(of: path)
        database = try StoreFault.naming(path) {
            let escaped = path.addingPercentEncoding(withAllowedCharacters: .urlPathAllowed) ?? path
            let address = "file:\(escaped)?mode=ro&\(hasLog ? "vfs=unix-none" : "immutable=1")"
            let copy = try DatabaseQueue(path: address, configuration: configuration)
            let migrator = Schema.migrator
            try copy.read { db in
                guard try !migrator.hasBeenSuperseded(db) else { throw StoreError.newerSchema }
                guard try migrator.hasCompletedMigrations(db) else { throw StoreError.olderSchema }
            }
            return copy
        }
    }

    /// Closes the database; later calls throw.
    ///
    /// The log is copied into the database first, so that one file is a whole copy after a stop.
    package func close() throws {
        if database is DatabasePool {
            do {
                // As a statement: asked of a closed database, it fails and does no harm.
                try database.writeWithoutTransaction {
                    try $0.execute(sql: "PRAGMA wal_checkpoint(TRUNCATE)")
                }
            } catch is DatabaseError {
                // The log keeps it, and the next start reads it there.
            }
        }
        try database.close()
    }

    /// - Throws: the fault of an earlier write after which nothing may be written any more.
    package func requireSound() throws {
        if let fault = broken.withLock({ $0 }) { throw fault }
    }

    func write<T>(_ body: (Database) throws -> T) throws -> T {
        try requireSound()
        do {
            return try StoreFault.naming(path) { try database.write(body) }
        } catch let fault as StoreFault where fault.isFinal {
            broken.withLock { $0 = $0 ?? fault }
            throw fault
        }
    }

    func read<T>(_ body: (Database) throws -> T) throws -> T {
        // GRDB prepares its BEGIN and COMMIT anew for each read, which costs more than most reads do. Readers cannot
        // write, so a snapshot is all that they need.
        try StoreFault.naming(path) { try database.unsafeRead { db in try db.inSnapshot { try body(db) } } }
    }

    private static func folder(of path: String) -> String {
        path.split(separator: "/", omittingEmptySubsequences: false).dropLast().joined(separator: "/")
    }
}

/// What the store refuses.
package enum StoreError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The database was written by a newer version of this program.
    case newerSchema
    /// The copy was written by an older version, and reading does not bring it up to date.
    case olderSchema
    /// SQLite did not accept the durability that the promise needs.
    case notDurable
    /// The record had already moved on: a bug, or two steps for one batch at once.
    case staleTransition(BatchID, expected: String)
    /// There is no such workload.
    case noWorkload(WorkloadID)
    /// The workload is in a state that does not allow it.
    case wrongState(WorkloadID, WorkloadState)
    /// The same content is in this queue already.
    case duplicateContent(WorkloadID)
    /// The submission key belongs to a workload with other content.
    case keyTaken(WorkloadID)
    /// Rows of a settled batch were still in flight, or counts did not fit: a bug. Nothing was changed.
    case inconsistent(String)

    /// For people; no secrets.
    package var description: String {
        switch self {
        case .newerSchema: "the database was written by a newer batchd; run that version"
        case .olderSchema: "the copy was written by an older batchd, or is none; read it with that version"
        case .notDurable: "SQLite refused synchronous = FULL"
        case .staleTransition(let batch, let expected): "\(batch) is no longer \(expected)"
        case .noWorkload(let id): "there is no workload \(id)"
        case .wrongState(let id, let state): "\(id) is \(state.rawValue)"
        case .duplicateContent(let id): "the same content was submitted as \(id)"
        case .keyTaken(let id): "the key belongs to \(id), which has other content"
        case .inconsistent(let what): "the records contradict each other: \(what)"
        }
    }
}

extension Database {
    /// Runs `body` on the database as it stands now, whatever is written meanwhile.
    fileprivate func inSnapshot<T>(_ body: () throws -> T) throws -> T {
        try cachedStatement(sql: "BEGIN").execute()
        do {
            let result = try body()
            try cachedStatement(sql: "COMMIT").execute()
            return result
        } catch {
            if isInsideTransaction { try rollback() }
            throw error
        }
    }

    /// What `read` makes of each line. Lines that are copied first find their columns ten times slower.
    func all<T>(
        _ sql: String, _ arguments: StatementArguments, _ read: @escaping (Row) throws -> T
    ) throws -> [T] {
        try Array(Row.fetchCursor(cachedStatement(sql: sql), arguments: arguments).map(read))
    }

    /// What `read` makes of the first line; nil when there is none.
    func first<T>(
        _ sql: String, _ arguments: StatementArguments, _ read: @escaping (Row) throws -> T
    ) throws -> T? {
        try Row.fetchCursor(cachedStatement(sql: sql), arguments: arguments).map(read).next()
    }

    /// Changes exactly one line, or throws `error`.
    func changeOne(_ sql: String, _ arguments: StatementArguments, else error: StoreError) throws {
        try cachedStatement(sql: sql).execute(arguments: arguments)
        guard changesCount == 1 else { throw error }
    }

    /// Adds a line to the history, with the user who asked for it, if somebody did.
    func note(
        _ kind: String, at now: Timestamp, workload: WorkloadID? = nil, batch: BatchID? = nil,
        job: JobID? = nil, _ message: String = ""
    ) throws {
        try cachedStatement(
            sql:
                "INSERT INTO event (at, kind, workload, batch, job, message, uid) VALUES (?, ?, ?, ?, ?, ?, ?)"
        ).execute(arguments: [
            now.milliseconds, kind, workload?.rawValue, batch?.rawValue, job?.rawValue, message, Asker.uid,
        ])
    }

    /// Moves rows of a workload between states in its counts; the schema checks that they still add up.
    func move(_ moves: RowMoves, in workload: WorkloadID) throws {
        guard !moves.isEmpty else { return }
        let delta = moves.delta
        try changeOne(
            """
            UPDATE workload SET queued = queued + ?, in_flight = in_flight + ?, succeeded = succeeded + ?,
              failed = failed + ?, held = held + ?, canceled = canceled + ? WHERE id = ?
            """,
            StatementArguments(RowState.allCases.map { delta[$0] } + [workload.rawValue]),
            else: .noWorkload(workload))
    }
}

/// Rows that change state within one transaction. What leaves one state enters another: the sum is always 0.
struct RowMoves {
    private(set) var delta = RowCounts()
    private(set) var isEmpty = true

    mutating func add(_ count: Int64 = 1, from: RowState, to: RowState) {
        guard count != 0, from != to else { return }
        delta.move(count, from: from, to: to)
        isEmpty = false
    }
}
