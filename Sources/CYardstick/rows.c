#include "rows.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

static void fail(const char *what) {
    fprintf(stderr, "yardstick: %s\n", what);
    exit(1);
}

struct file open_file(const char *path) {
    int descriptor = open(path, O_RDONLY);
    struct stat facts;
    if (descriptor < 0 || fstat(descriptor, &facts)) fail(path);
    const char *at = mmap(NULL, facts.st_size, PROT_READ, MAP_PRIVATE, descriptor, 0);
    if (at == MAP_FAILED) fail(path);
    close(descriptor);
    madvise((void *)at, facts.st_size, MADV_SEQUENTIAL);
    return (struct file){at, at + facts.st_size};
}

int next_line(struct file *file, struct line *line) {
    if (file->at == file->end) return 0;
    const char *newline = memchr(file->at, '\n', file->end - file->at);
    if (!newline) fail("a line without an end");
    line->at = file->at;
    line->length = newline - file->at;
    line->id = file->at + strlen("{\"id\":\"");
    const char *quote = memchr(line->id, '"', newline - line->id);
    if (!quote) fail("a line without an id");
    line->id_length = quote - line->id;
    file->at = newline + 1;
    return 1;
}

void read_status(struct line *line) {
    // …,"status":200}
    const char *at = line->at + line->length - 4;
    line->status = (at[0] - '0') * 100 + (at[1] - '0') * 10 + (at[2] - '0');
}

uint64_t hash_of(const struct line *line) {
    uint64_t hash = 0xcbf29ce484222325;
    for (int i = 0; i < line->id_length; i++) hash = (hash ^ (uint8_t)line->id[i]) * 0x100000001b3;
    hash = (hash ^ hash >> 30) * 0xbf58476d1ce4e5b9;
    return (hash ^ hash >> 27) & INT64_MAX;
}

int by_id(const void *a, const void *b) {
    const struct line *x = a, *y = b;
    int shorter = x->id_length < y->id_length ? x->id_length : y->id_length;
    int order = memcmp(x->id, y->id, shorter);
    return order ? order : x->id_length - y->id_length;
}

int by_hash(const void *a, const void *b) {
    uint64_t x = ((const struct line *)a)->hash, y = ((const struct line *)b)->hash;
    return x < y ? -1 : x > y;
}

int by_number(const void *a, const void *b) {
    int64_t x = ((const struct line *)a)->number, y = ((const struct line *)b)->number;
    return x < y ? -1 : x > y;
}

sqlite3 *open_database(const char *path) {
    sqlite3 *db;
    if (sqlite3_open(path, &db)) fail(path);
    run(db, "PRAGMA journal_mode = WAL");
    run(db, "PRAGMA synchronous = FULL");
    run(db, "PRAGMA cache_size = -65536");
    return db;
}

void run(sqlite3 *db, const char *sql) {
    if (sqlite3_exec(db, sql, NULL, NULL, NULL)) fail(sqlite3_errmsg(db));
}

sqlite3_stmt *prepare(sqlite3 *db, const char *sql) {
    sqlite3_stmt *statement;
    if (sqlite3_prepare_v2(db, sql, -1, &statement, NULL)) fail(sqlite3_errmsg(db));
    return statement;
}

void put(sqlite3 *db, sqlite3_stmt *statement) {
    if (sqlite3_step(statement) != SQLITE_DONE) fail(sqlite3_errmsg(db));
    sqlite3_reset(statement);
}
