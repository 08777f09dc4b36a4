#include "runs.h"

enum { ENTRIES_PER_RUN = 500000, ENTRIES_PER_BLOCK = 2048, MOST_RUNS = 256 };

static int by_entry(const void *a, const void *b) {
    const struct entry *x = a, *y = b;
    return x->hash < y->hash ? -1 : x->hash > y->hash;
}

static void store(sqlite3 *db, struct run *run) {
    if (!run->count) return;
    qsort(run->entries, run->count, sizeof *run->entries, by_entry);
    sqlite3_stmt *insert = prepare(db, "INSERT INTO id_block VALUES (1, ?1, ?2, ?3)");
    for (int at = 0; at < run->count; at += ENTRIES_PER_BLOCK) {
        int count = run->count - at < ENTRIES_PER_BLOCK ? run->count - at : ENTRIES_PER_BLOCK;
        sqlite3_bind_int(insert, 1, run->number);
        sqlite3_bind_int64(insert, 2, run->entries[at + count - 1].hash);
        sqlite3_bind_blob(insert, 3, run->entries + at, count * sizeof *run->entries, SQLITE_STATIC);
        put(db, insert);
    }
    sqlite3_finalize(insert);
    run->count = 0;
    run->number++;
}

void add_to_run(sqlite3 *db, struct run *run, const struct line *lines, int count, long first) {
    if (!run->entries) run->entries = malloc(ENTRIES_PER_RUN * sizeof *run->entries);
    for (int i = 0; i < count; i++) {
        if (run->count == ENTRIES_PER_RUN) store(db, run);
        run->entries[run->count++] = (struct entry){hash_of(&lines[i]), first + i};
    }
}

static sqlite3_stmt *blocks_of(sqlite3 *db, int run) {
    sqlite3_stmt *blocks =
        prepare(db, "SELECT last, entries FROM id_block WHERE workload = 1 AND run = ?1 ORDER BY last");
    sqlite3_bind_int(blocks, 1, run);
    return blocks;
}

/// The block at which a reader stands.
struct reader {
    sqlite3_stmt *blocks;
    const struct entry *at, *end;
};

static int next_block(struct reader *reader) {
    if (sqlite3_step(reader->blocks) != SQLITE_ROW) return 0;
    reader->at = sqlite3_column_blob(reader->blocks, 1);
    reader->end = reader->at + sqlite3_column_bytes(reader->blocks, 1) / sizeof *reader->at;
    return 1;
}

void end_runs(sqlite3 *db, struct run *run) {
    store(db, run);
    struct reader readers[MOST_RUNS];
    int open = 0;
    for (int i = 0; i < run->number && i < MOST_RUNS; i++) {
        readers[open].blocks = blocks_of(db, i);
        if (next_block(&readers[open])) open++;
    }
    for (uint64_t last = UINT64_MAX; open;) {
        int least = 0;
        for (int i = 1; i < open; i++) {
            if (readers[i].at->hash < readers[least].at->hash) least = i;
        }
        if (readers[least].at->hash == last) {
            fprintf(stderr, "yardstick: two rows share a hash\n");
            exit(1);
        }
        last = readers[least].at->hash;
        if (++readers[least].at == readers[least].end && !next_block(&readers[least])) {
            sqlite3_finalize(readers[least].blocks);
            readers[least] = readers[--open];
        }
    }
    free(run->entries);
}

static void find_in_block(const struct reader *block, struct line *line) {
    long low = 0, high = block->end - block->at;
    while (low < high) {
        long middle = (low + high) / 2;
        if (block->at[middle].hash < line->hash) low = middle + 1; else high = middle;
    }
    if (block->at + low < block->end && block->at[low].hash == line->hash) line->number = block->at[low].number;
}

void find_in_runs(sqlite3 *db, struct line *lines, int count) {
    for (int i = 0; i < count; i++) lines[i].number = -1;
    for (int run = 0;; run++) {
        struct reader reader = {blocks_of(db, run), NULL, NULL};
        int line = 0, blocks = 0;
        for (; next_block(&reader); blocks++) {
            uint64_t last = sqlite3_column_int64(reader.blocks, 0);
            for (; line < count && lines[line].hash <= last; line++) find_in_block(&reader, &lines[line]);
        }
        sqlite3_finalize(reader.blocks);
        if (!blocks) return;
    }
}
