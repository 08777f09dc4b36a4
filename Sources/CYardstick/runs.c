#include "runs.h"

enum { ENTRIES_PER_BLOCK = 2048, ROWS_PER_PASS = 400000 };

struct entry {
    uint64_t hash;
    uint32_t number;
} __attribute__((packed));

/// The block at which a reader stands.
struct reader {
    sqlite3_stmt *blocks;
    const struct entry *at, *end;
    uint64_t last;
};

static int by_entry(const void *a, const void *b) {
    const struct entry *x = a, *y = b;
    return x->hash < y->hash ? -1 : x->hash > y->hash;
}

static int by_value(const void *a, const void *b) {
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return x < y ? -1 : x > y;
}

void store_run(sqlite3 *db, const struct line *lines, int count, long first) {
    struct entry *entries = malloc(count * sizeof *entries);
    for (int i = 0; i < count; i++) entries[i] = (struct entry){hash_of(&lines[i]), first + i};
    qsort(entries, count, sizeof *entries, by_entry);
    sqlite3_stmt *insert = prepare(db, "INSERT INTO name_block VALUES (1, ?1, ?2, ?3, ?4)");
    for (int at = 0; at < count; at += ENTRIES_PER_BLOCK) {
        int part = count - at < ENTRIES_PER_BLOCK ? count - at : ENTRIES_PER_BLOCK;
        sqlite3_bind_int64(insert, 1, first);
        sqlite3_bind_int64(insert, 2, entries[at + part - 1].hash);
        sqlite3_bind_int(insert, 3, at / ENTRIES_PER_BLOCK);
        sqlite3_bind_blob(insert, 4, entries + at, part * sizeof *entries, SQLITE_STATIC);
        put(db, insert);
    }
    sqlite3_finalize(insert);
    free(entries);
}

static struct reader read_run(sqlite3 *db, long first, uint64_t from) {
    struct reader reader = {prepare(
        db, "SELECT last, entries FROM name_block WHERE workload = 1 AND first_row = ?1 AND last >= ?2 ORDER BY last")};
    sqlite3_bind_int64(reader.blocks, 1, first);
    sqlite3_bind_int64(reader.blocks, 2, from);
    return reader;
}

static int next_block(struct reader *reader) {
    if (sqlite3_step(reader->blocks) != SQLITE_ROW) return 0;
    reader->last = sqlite3_column_int64(reader->blocks, 0);
    reader->at = sqlite3_column_blob(reader->blocks, 1);
    reader->end = reader->at + sqlite3_column_bytes(reader->blocks, 1) / sizeof *reader->at;
    return 1;
}

void check_runs(sqlite3 *db, long rows) {
    int passes = 1 + rows / ROWS_PER_PASS;
    uint64_t part = INT64_MAX / passes + 1;
    uint64_t *hashes = malloc(2 * (rows / passes + 1000) * sizeof *hashes);
    sqlite3_stmt *runs = prepare(db, "SELECT DISTINCT first_row FROM name_block WHERE workload = 1");
    for (int pass = 0; pass < passes; pass++) {
        uint64_t low = pass * part, high = low + part;
        long count = 0;
        while (sqlite3_step(runs) == SQLITE_ROW) {
            struct reader reader = read_run(db, sqlite3_column_int64(runs, 0), low);
            while (next_block(&reader)) {
                for (; reader.at < reader.end; reader.at++) {
                    if (reader.at->hash >= low && reader.at->hash < high) hashes[count++] = reader.at->hash;
                }
                if (reader.last >= high) break;
            }
            sqlite3_finalize(reader.blocks);
        }
        sqlite3_reset(runs);
        qsort(hashes, count, sizeof *hashes, by_value);
        for (long i = 1; i < count; i++) {
            if (hashes[i] == hashes[i - 1]) {
                fprintf(stderr, "yardstick: two rows share a hash\n");
                exit(1);
            }
        }
    }
    sqlite3_finalize(runs);
    free(hashes);
}

void find_in_runs(sqlite3 *db, struct line *lines, int count) {
    for (int i = 0; i < count; i++) lines[i].number = -1;
    sqlite3_stmt *runs = prepare(db, "SELECT DISTINCT first_row FROM name_block WHERE workload = 1");
    while (count && sqlite3_step(runs) == SQLITE_ROW) {
        struct reader reader = read_run(db, sqlite3_column_int64(runs, 0), lines[0].hash);
        for (int line = 0; line < count && next_block(&reader);) {
            for (; line < count && lines[line].hash <= reader.last; line++) {
                while (reader.at < reader.end && reader.at->hash < lines[line].hash) reader.at++;
                if (reader.at < reader.end && reader.at->hash == lines[line].hash) {
                    lines[line].number = reader.at->number;
                }
            }
        }
        sqlite3_finalize(reader.blocks);
    }
    sqlite3_finalize(runs);
}
