// Ids as 64-bit hashes in sorted runs, one for each transaction: written and read from front to back.
#ifndef RUNS_H
#define RUNS_H

#include "rows.h"

/// Stores the ids of a chunk whose first row is `first`.
void store_run(sqlite3 *db, const struct line *lines, int count, long first);
/// Makes sure that no hash stands there twice, among so many rows.
void check_runs(sqlite3 *db, long rows);
/// Gives lines, which are sorted by hash, their numbers.
void find_in_runs(sqlite3 *db, struct line *lines, int count);

#endif
