#include "runs.h"

enum { ROWS_PER_TRANSACTION = 10000 };

static const char *const obvious =
    "CREATE TABLE row (key INTEGER PRIMARY KEY, workload INTEGER NOT NULL, id TEXT NOT NULL,"
    "  state INTEGER NOT NULL, attempts INTEGER NOT NULL, status INTEGER, error TEXT, payload BLOB NOT NULL);"
    "CREATE UNIQUE INDEX row_id ON row(workload, id)";
static const char *const ours =
    "CREATE TABLE row_input (key INTEGER PRIMARY KEY, traits INTEGER NOT NULL, id_at INTEGER NOT NULL,"
    "  id_length INTEGER NOT NULL, line BLOB NOT NULL) STRICT;"
    "CREATE TABLE row_name (workload INTEGER NOT NULL, id TEXT NOT NULL, number INTEGER NOT NULL,"
    "  PRIMARY KEY (workload, id)) STRICT, WITHOUT ROWID;"
    "CREATE TABLE row_hash (workload INTEGER NOT NULL, hash INTEGER NOT NULL, number INTEGER NOT NULL,"
    "  PRIMARY KEY (workload, hash)) STRICT, WITHOUT ROWID;"
    "CREATE TABLE name_block (workload INTEGER NOT NULL, first_row INTEGER NOT NULL, last INTEGER NOT NULL,"
    "  block INTEGER NOT NULL, entries BLOB NOT NULL, PRIMARY KEY (workload, first_row, last, block)) STRICT;"
    "CREATE TABLE row_state (key INTEGER PRIMARY KEY, state INTEGER NOT NULL CHECK (state BETWEEN 0 AND 5),"
    "  batch INTEGER NOT NULL, attempts INTEGER NOT NULL CHECK (attempts >= 0),"
    "  doubts INTEGER NOT NULL CHECK (doubts BETWEEN 0 AND attempts), due_at INTEGER, status INTEGER, reason TEXT,"
    "  CHECK ((state = 0) = (due_at IS NOT NULL)), CHECK ((state IN (3, 4)) = (reason IS NOT NULL)),"
    "  CHECK (state <> 2 OR status IS NOT NULL)) STRICT;"
    "CREATE INDEX row_due ON row_state(key >> 32, due_at, key) WHERE state = 0;"
    "CREATE INDEX row_in_flight ON row_state(batch, key) WHERE state = 1;"
    "CREATE INDEX row_held ON row_state(key >> 32, key) WHERE state = 4";

/// The ids of all rows as hashes, for the layout that sorts them at the end.
struct hashes {
    struct line *lines;
    long count, room;
};

static void ingest_obvious(sqlite3 *db, sqlite3_stmt *insert, struct line *lines, int count, long first) {
    for (int i = 0; i < count; i++) {
        sqlite3_bind_int64(insert, 1, first + i);
        sqlite3_bind_text(insert, 2, lines[i].id, lines[i].id_length, SQLITE_STATIC);
        sqlite3_bind_blob(insert, 3, lines[i].at, lines[i].length, SQLITE_STATIC);
        put(db, insert);
    }
}

static void ingest_inputs(sqlite3 *db, sqlite3_stmt *insert, struct line *lines, int count, long first) {
    for (int i = 0; i < count; i++) {
        sqlite3_bind_int64(insert, 1, 1l << 32 | (first + i));
        sqlite3_bind_int64(insert, 2, 0);
        sqlite3_bind_int64(insert, 3, lines[i].id - lines[i].at);
        sqlite3_bind_int64(insert, 4, lines[i].id_length);
        sqlite3_bind_blob(insert, 5, lines[i].at, lines[i].length, SQLITE_STATIC);
        put(db, insert);
    }
}

static void ingest_names(sqlite3 *db, sqlite3_stmt *insert, struct line *lines, int count, long first) {
    for (int i = 0; i < count; i++) lines[i].number = first + i;
    qsort(lines, count, sizeof *lines, by_id);
    for (int i = 0; i < count; i++) {
        sqlite3_bind_text(insert, 1, lines[i].id, lines[i].id_length, SQLITE_STATIC);
        sqlite3_bind_int64(insert, 2, lines[i].number);
        put(db, insert);
    }
}

static void keep_hashes(struct hashes *all, const struct line *lines, int count, long first) {
    if (all->count + count > all->room) {
        all->room = 2 * (all->count + count);
        all->lines = realloc(all->lines, all->room * sizeof *all->lines);
    }
    for (int i = 0; i < count; i++) {
        all->lines[all->count] = lines[i];
        all->lines[all->count].hash = hash_of(&lines[i]);
        all->lines[all->count++].number = first + i;
    }
}

static void store_hashes(sqlite3 *db, struct hashes *all) {
    sqlite3_stmt *insert = prepare(db, "INSERT INTO row_hash VALUES (1, ?1, ?2)");
    qsort(all->lines, all->count, sizeof *all->lines, by_hash);
    for (long i = 0; i < all->count; i++) {
        if (i % (10 * ROWS_PER_TRANSACTION) == 0) run(db, i ? "COMMIT; BEGIN" : "BEGIN");
        sqlite3_bind_int64(insert, 1, all->lines[i].hash);
        sqlite3_bind_int64(insert, 2, all->lines[i].number);
        put(db, insert);
    }
    run(db, "COMMIT");
    sqlite3_finalize(insert);
    free(all->lines);
}

long yardstick_ingest(enum yardstick_layout layout, const char *path, const char *rows) {
    sqlite3 *db = open_database(path);
    run(db, layout == YARDSTICK_OBVIOUS ? obvious : ours);
    sqlite3_stmt *insert = prepare(
        db, layout == YARDSTICK_OBVIOUS
            ? "INSERT INTO row VALUES (?1, 1, ?2, 0, 0, NULL, NULL, ?3)"
            : "INSERT INTO row_input VALUES (?1, ?2, ?3, ?4, ?5)");
    sqlite3_stmt *name = layout == YARDSTICK_NAMED
        ? prepare(db, "INSERT OR IGNORE INTO row_name VALUES (1, ?1, ?2)") : NULL;
    struct line *lines = calloc(ROWS_PER_TRANSACTION, sizeof *lines);
    struct hashes all = {0};
    struct file file = open_file(rows);
    long first = 0;
    for (int count;; first += count) {
        for (count = 0; count < ROWS_PER_TRANSACTION && next_line(&file, &lines[count]); count++);
        if (!count) break;
        run(db, "BEGIN");
        if (layout == YARDSTICK_OBVIOUS) {
            ingest_obvious(db, insert, lines, count, first);
        } else {
            ingest_inputs(db, insert, lines, count, first);
        }
        if (layout == YARDSTICK_NAMED) ingest_names(db, name, lines, count, first);
        if (layout == YARDSTICK_HASHED) keep_hashes(&all, lines, count, first);
        if (layout == YARDSTICK_OURS) store_run(db, lines, count, first);
        run(db, "COMMIT");
    }
    if (layout == YARDSTICK_HASHED) store_hashes(db, &all);
    if (layout == YARDSTICK_OURS) check_runs(db, first);
    sqlite3_finalize(insert);
    sqlite3_finalize(name);
    free(lines);
    sqlite3_close(db);
    return first;
}
