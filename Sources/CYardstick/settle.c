#include "runs.h"

static int state_of(const struct line *line) {
    return line->status == 200 ? 2 : line->status == 429 ? 0 : 3;
}

static long settle_obvious(sqlite3 *db, sqlite3_stmt *update, struct line *lines, int count) {
    long changed = 0;
    for (int i = 0; i < count; i++) {
        sqlite3_bind_int(update, 1, state_of(&lines[i]));
        sqlite3_bind_int(update, 2, lines[i].status);
        sqlite3_bind_text(update, 3, lines[i].id, lines[i].id_length, SQLITE_STATIC);
        put(db, update);
        changed += sqlite3_changes(db);
    }
    return changed;
}

/// Finds the number of each row by its id, in the order of the index; -1 for an id that is not there.
static void find(sqlite3 *db, sqlite3_stmt *find, struct line *lines, int count, enum yardstick_layout layout) {
    int by_name = layout == YARDSTICK_NAMED;
    for (int i = 0; i < count; i++) lines[i].hash = by_name ? 0 : hash_of(&lines[i]);
    qsort(lines, count, sizeof *lines, by_name ? by_id : by_hash);
    if (layout == YARDSTICK_OURS) return find_in_runs(db, lines, count);
    for (int i = 0; i < count; i++) {
        if (by_name) {
            sqlite3_bind_text(find, 1, lines[i].id, lines[i].id_length, SQLITE_STATIC);
        } else {
            sqlite3_bind_int64(find, 1, lines[i].hash);
        }
        lines[i].number = sqlite3_step(find) == SQLITE_ROW ? sqlite3_column_int64(find, 0) : -1;
        sqlite3_reset(find);
    }
}

static long settle_states(sqlite3 *db, sqlite3_stmt *insert, struct line *lines, int count) {
    qsort(lines, count, sizeof *lines, by_number);
    for (int i = 0; i < count; i++) {
        int state = state_of(&lines[i]);
        sqlite3_bind_int64(insert, 1, 1l << 32 | lines[i].number);
        sqlite3_bind_int(insert, 2, state);
        state == 0 ? sqlite3_bind_int64(insert, 3, 1) : sqlite3_bind_null(insert, 3);
        sqlite3_bind_int(insert, 4, lines[i].status);
        state == 3 ? sqlite3_bind_text(insert, 5, "refused", 7, SQLITE_STATIC) : sqlite3_bind_null(insert, 5);
        put(db, insert);
    }
    return count;
}

long yardstick_settle(
    enum yardstick_layout layout, const char *path, const char *results, int per_transaction
) {
    sqlite3 *db = open_database(path);
    sqlite3_stmt *write = prepare(
        db, layout == YARDSTICK_OBVIOUS
            ? "UPDATE row SET state = ?1, attempts = attempts + 1, status = ?2 WHERE workload = 1 AND id = ?3"
            : "INSERT INTO row_state VALUES (?1, ?2, 1, 1, 0, ?3, ?4, ?5)");
    sqlite3_stmt *look = layout == YARDSTICK_OBVIOUS ? NULL
        : prepare(db, layout == YARDSTICK_NAMED ? "SELECT number FROM row_name WHERE workload = 1 AND id = ?1"
                : "SELECT number FROM row_hash WHERE workload = 1 AND hash = ?1");
    struct line *lines = calloc(per_transaction, sizeof *lines);
    struct file file = open_file(results);
    long changed = 0;
    for (int count;;) {
        for (count = 0; count < per_transaction && next_line(&file, &lines[count]); count++) {
            read_status(&lines[count]);
        }
        if (!count) break;
        run(db, "BEGIN");
        if (layout == YARDSTICK_OBVIOUS) {
            changed += settle_obvious(db, write, lines, count);
        } else {
            find(db, look, lines, count, layout);
            changed += settle_states(db, write, lines, count);
        }
        run(db, "COMMIT");
    }
    sqlite3_finalize(write);
    sqlite3_finalize(look);
    free(lines);
    sqlite3_close(db);
    return changed;
}
