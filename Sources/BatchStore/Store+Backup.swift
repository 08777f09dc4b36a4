package import BatchCore
import GRDB

extension Store {
    /// Writes a copy of everything as it stands now to the new file `path`, while work goes on.
    ///
    /// In the copy everything is paused. What the original does from now on the copy will never know, and would do
    /// again: so it waits for a person. One file is the whole copy, without a log beside it.
    package func backUp(to path: String, at now: Timestamp) throws {
        try requireSound()
        try StoreFault.naming(path) {
            var configuration = GRDB.Configuration()
            configuration.label = "backup"
            let copy = try DatabaseQueue(path: path, configuration: configuration)
            // All pages in one step, from one snapshot: a copy in several steps begins anew with each commit.
            try database.backup(to: copy)
            try copy.write { db in
                let pause = Pause(
                    scope: .all, reason: "this is a backup of \(now.rfc3339)", since: now, until: nil)
                try db.begin(pause)
            }
            try copy.writeWithoutTransaction { try $0.execute(sql: "PRAGMA journal_mode = DELETE") }
            try copy.close()
        }
    }

    /// The bytes of the database, for a guess at what a copy needs.
    package func bytes() throws -> Int64 {
        try read { db in
            let pages = try Int64.fetchOne(db, sql: "PRAGMA page_count") ?? 0
            return pages * (try Int64.fetchOne(db, sql: "PRAGMA page_size") ?? 0)
        }
    }
}
