// Ids as 64-bit hashes in sorted runs: written from front to back, and read from front to back.
#ifndef RUNS_H
#define RUNS_H

#include "rows.h"

/// Hashes on their way into a run.
struct run {
    struct entry {
        uint64_t hash;
        uint32_t number;
    } __attribute__((packed)) *entries;
    int count, number;
};

/// Adds the ids of a chunk whose first row is `first`; stores the run when it is full.
void add_to_run(sqlite3 *db, struct run *run, const struct line *lines, int count, long first);
/// Stores what is left, and makes sure that no hash stands there twice.
void end_runs(sqlite3 *db, struct run *run);
/// Gives lines, which are sorted by hash, their numbers.
void find_in_runs(sqlite3 *db, struct line *lines, int count);

#endif
