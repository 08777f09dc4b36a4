// The limits and the peers that the benchmark measures the daemon against: bare sqlite3 calls, and a server
// that costs next to nothing. Plain C, so that nobody can say the yardstick was made slow.
#ifndef YARDSTICK_H
#define YARDSTICK_H

/// Where a row's payload, state and id lie.
enum yardstick_layout {
    /// Payload and state in one row, a unique text index kept while inserting: the obvious one.
    YARDSTICK_OBVIOUS,
    /// The daemon's: payload by integer key, states apart, ids as 64-bit hashes in sorted runs of blocks.
    YARDSTICK_OURS,
    /// A candidate: as the daemon's, with ids in a table of their own, as texts.
    YARDSTICK_NAMED,
    /// Another one: as the daemon's, with ids as 64-bit hashes that enter an index at the end, sorted.
    YARDSTICK_HASHED,
};

/// Stores the lines of the file `rows` in a new database at `path`, 10,000 a transaction, WAL, synchronous FULL.
///
/// Ids are found by their place at the start of the line; nothing else is checked. Returns the number of rows,
/// or -1 after a message on stderr.
long yardstick_ingest(enum yardstick_layout layout, const char *path, const char *rows);

/// Gives rows their states from the file `results`, `per_transaction` lines at a time. Returns the number of rows
/// that changed, or -1.
long yardstick_settle(
    enum yardstick_layout layout, const char *path, const char *results, int per_transaction);

/// Listens on a free port of 127.0.0.1, whose number goes to `port`. Returns the socket, or -1.
int yardstick_listen(int *port);

/// Answers one connection at a time, for ever: PUT takes a body and drops it, GET sends `file`.
void yardstick_serve(int listener, const char *file);

#endif
