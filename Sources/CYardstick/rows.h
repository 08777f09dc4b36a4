// What the loops share: files as memory, lines, ids, and statements that stop on the first fault.
#ifndef ROWS_H
#define ROWS_H

#include <sqlite3.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "yardstick.h"

/// A file in memory, and how far it was read.
struct file {
    const char *at, *end;
};

/// One line, with the id in it. The status is that of a result line.
struct line {
    const char *at, *id;
    int length, id_length, status;
    uint64_t hash;
    int64_t number;
};

struct file open_file(const char *path);
/// The next line; 0 at the end. Both our inputs and Stripe's results begin with the id: {"id":"…".
int next_line(struct file *file, struct line *line);
/// Reads the status at the end of a result line.
void read_status(struct line *line);
/// 64 bits of the id, well mixed.
uint64_t hash_of(const struct line *line);

int by_id(const void *a, const void *b);
int by_hash(const void *a, const void *b);
int by_number(const void *a, const void *b);

sqlite3 *open_database(const char *path);
void run(sqlite3 *db, const char *sql);
sqlite3_stmt *prepare(sqlite3 *db, const char *sql);
/// Steps a statement that returns nothing.
void put(sqlite3 *db, sqlite3_stmt *statement);

#endif
